#include "model/text_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "core/error.hpp"
#include "model/decoder_torch.hpp"
#include "model/device_torch.hpp"
#include "model/model_errors_torch.hpp"
#include "model/sentence_transformer.hpp"

namespace winnow::model {
namespace {

using Texts = std::span<const std::span<const std::int32_t>>;

/// Every token's last hidden state is wanted. Positions as RoBERTa counts them where the model has
/// a padding id.
PackedBatch pack_texts(Texts texts, const ModelInfo& info,
                       const std::optional<std::uint32_t>& padding_id) {
  PackedBatch packed;
  for (const auto text : texts) {
    core::check(!text.empty(), "a text of at least one token");
    expect_length(text.size(), info);
    expect_known_ids(text, info);
    const auto length = static_cast<std::int64_t>(text.size());
    packed.segments.push_back({static_cast<std::int64_t>(packed.ids.size()), length, length});
    std::int64_t next = padding_id ? std::int64_t{*padding_id} + 1 : 0;
    for (const std::int32_t id : text) {
      const bool is_padding = padding_id && static_cast<std::uint32_t>(id) == *padding_id;
      packed.ids.push_back(id);
      packed.positions.push_back(is_padding ? *padding_id : next++);
    }
    packed.positions_used = std::max(packed.positions_used, next);
  }
  packed.ids.resize(std::max(packed.ids.size(), std::size_t{kFewestRows}));
  packed.positions.resize(packed.ids.size());
  for (std::size_t row = 0; row < packed.ids.size(); ++row)
    packed.scored_rows.push_back(static_cast<std::int64_t>(row));
  return packed;
}

/// One embedding of the hidden states [length, width] of a text.
void pool(std::span<const float> hidden, SentencePooling pooling, std::span<float> embedding) {
  const std::size_t width = embedding.size();
  const std::size_t length = hidden.size() / width;
  const auto row = [&](std::size_t token) { return hidden.subspan(token * width, width); };
  if (pooling == SentencePooling::first_token || pooling == SentencePooling::last_token) {
    std::ranges::copy(row(pooling == SentencePooling::first_token ? 0 : length - 1),
                      embedding.begin());
    return;
  }
  for (std::size_t i = 0; i < width; ++i) {
    double sum = 0;
    float largest = hidden[i];
    for (std::size_t token = 0; token < length; ++token) {
      sum += static_cast<double>(row(token)[i]);
      largest = std::max(largest, row(token)[i]);
    }
    embedding[i] = pooling == SentencePooling::maximum
                       ? largest
                       : static_cast<float>(sum / static_cast<double>(length));
  }
}

/// To length 1; a vector of zeros stays.
void normalize_length(std::span<float> embedding) {
  double squares = 0;
  for (const float value : embedding) squares += static_cast<double>(value) * value;
  constexpr double kShortest = 1e-12;  // torch.nn.functional.normalize
  const double length = std::max(std::sqrt(squares), kShortest);
  for (float& value : embedding) value = static_cast<float>(static_cast<double>(value) / length);
}

class TorchTextEncoder final : public TextEncoder {
 public:
  TorchTextEncoder(ModelInfo info, Decoder encoder, SentenceTransformer sentence)
      : info_(std::move(info)), encoder_(std::move(encoder)), sentence_(sentence) {}

  [[nodiscard]] const ModelInfo& info() const override { return info_; }
  [[nodiscard]] const PassTimes& times() const override {
    return encoder_.products().clock().times();
  }

  [[nodiscard]] std::vector<float> embed(Texts texts) override {
    return with_model_errors(info_.folder, encoder_.device(), [&] { return embed_all(texts); });
  }

 private:
  std::vector<float> embed_all(Texts texts) {
    const c10::InferenceMode no_autograd;
    const auto timer = encoder_.products().clock().time(&PassTimes::all);
    const std::size_t width = info_.hidden_size;
    std::vector<float> embeddings(texts.size() * width);
    if (texts.empty()) return embeddings;
    const PackedBatch packed = pack_texts(texts, info_, encoder_.config().padding_id);
    const at::Tensor hidden = encoder_.run(packed).cpu();
    const std::span<const float> states(hidden.const_data_ptr<float>(),
                                        static_cast<std::size_t>(hidden.numel()));
    for (std::size_t text = 0; text < texts.size(); ++text) {
      const SegmentRows& rows = packed.segments[text];
      const std::span<float> embedding = std::span(embeddings).subspan(text * width, width);
      pool(states.subspan(static_cast<std::size_t>(rows.begin) * width,
                          static_cast<std::size_t>(rows.length) * width),
           sentence_.pooling, embedding);
      if (sentence_.normalizes) normalize_length(embedding);
    }
    return embeddings;
  }

  ModelInfo info_;
  Decoder encoder_;
  SentenceTransformer sentence_;
};

}  // namespace

std::unique_ptr<TextEncoder> load_text_encoder(const std::filesystem::path& folder,
                                               const LoadOptions& options) {
  const c10::InferenceMode no_autograd;
  const at::Device device = prepare_device(options);
  const DecoderConfig config = read_encoder_config(folder);
  const SentenceTransformer sentence = read_sentence_transformer(folder);
  const Arithmetic arithmetic = arithmetic_of(options.precision, device);
  const auto files =
      std::make_shared<WeightFiles>(options.weights.empty() ? folder : options.weights);
  DecoderWeights weights = with_model_errors(folder.string(), device, [&] {
    return load_decoder_weights(config, files, arithmetic, device);
  });
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = sentence.max_positions,
                 .folder = folder.string()};
  return std::make_unique<TorchTextEncoder>(
      std::move(info), Decoder(config, std::move(weights), arithmetic, options.profile), sentence);
}

}  // namespace winnow::model
