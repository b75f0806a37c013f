#include "tokenizer/tokenizer.hpp"

#include <utility>

#include "core/hash.hpp"
#include "tokenizer/decoder.hpp"
#include "tokenizer/definition.hpp"
#include "tokenizer/encoder.hpp"
#include "tokenizer/json_reader.hpp"
#include "tokenizer/model_folder.hpp"
#include "tokenizer/token_texts.hpp"

namespace winnow::tokenizer {

struct Tokenizer::Implementation {
  Implementation(const Definition& definition, const std::string& file)
      : encoder(definition, file),
        tokens(vocabulary_of(definition.model), encoder.added_tokens()),
        decoder(definition.decoder, file),
        around(definition.post_processor) {}

  Encoder encoder;
  TokenTexts tokens;
  Decoder decoder;
  PostProcessor around;
  FolderTexts texts;
  std::string fingerprint;
};

Tokenizer Tokenizer::load(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "tokenizer.json";
  const std::string bytes = read_model_file(path);
  auto implementation =
      std::make_unique<Implementation>(parse_definition(bytes, path.string()), path.string());
  implementation->texts = read_folder_texts(folder);
  implementation->fingerprint = core::to_hex(core::hash128(bytes));
  return Tokenizer(std::move(implementation));
}

Tokenizer::Tokenizer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Encoding Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  Encoding encoding = implementation_->encoder.encode(text);
  if (!add_special_tokens) return encoding;
  const std::vector<TokenId>& before = implementation_->around.before;
  const std::vector<TokenId>& after = implementation_->around.after;
  encoding.ids.insert(encoding.ids.begin(), before.begin(), before.end());
  encoding.ids.insert(encoding.ids.end(), after.begin(), after.end());
  for (auto* offsets : {&encoding.begin, &encoding.end}) {
    offsets->insert(offsets->begin(), before.size(), 0);
    offsets->insert(offsets->end(), after.size(), 0);
  }
  return encoding;
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special_tokens) const {
  return implementation_->decoder.decode(
      implementation_->tokens.texts_of(ids, skip_special_tokens));
}

std::size_t Tokenizer::vocabulary_size() const { return implementation_->tokens.size(); }

std::optional<TokenId> Tokenizer::id_of(std::string_view token) const {
  return implementation_->tokens.id_of(std::string(token));
}

const std::string& Tokenizer::bos_text() const { return implementation_->texts.bos; }
const std::string& Tokenizer::eos_text() const { return implementation_->texts.eos; }
const std::string& Tokenizer::chat_template() const { return implementation_->texts.chat_template; }
const std::string& Tokenizer::fingerprint() const { return implementation_->fingerprint; }

}  // namespace winnow::tokenizer
