#include "scoring/tag_name.hpp"

#include <memory>
#include <unordered_set>
#include <utility>

#include <libstemmer.h>

#include "core/error.hpp"
#include "text/character_class.hpp"
#include "text/utf8.hpp"

namespace winnow::scoring {
namespace {

class Stemmer {
 public:
  Stemmer() : stemmer_(sb_stemmer_new("porter", "UTF_8"), &sb_stemmer_delete) {
    core::check(stemmer_ != nullptr, "libstemmer has the stemmer porter");
  }
  std::string operator()(const std::string& word) const {
    const auto* bytes = reinterpret_cast<const sb_symbol*>(word.data());
    const sb_symbol* stem = sb_stemmer_stem(stemmer_.get(), bytes, static_cast<int>(word.size()));
    if (stem == nullptr) throw std::bad_alloc();
    return {reinterpret_cast<const char*>(stem),
            static_cast<std::size_t>(sb_stemmer_length(stemmer_.get()))};
  }

 private:
  std::unique_ptr<sb_stemmer, decltype(&sb_stemmer_delete)> stemmer_;
};

}  // namespace

std::string normalized_tag(std::string_view name) {
  const Stemmer stem;
  std::string normalized, word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (!normalized.empty()) normalized += ' ';
    normalized += stem(word);
    word.clear();
  };
  for (const char32_t c : text::decode(name)) {
    if (text::is_word_character(c) && c != U'_')
      text::append_utf8(word, text::to_lower(c));
    else
      end_word();
  }
  end_word();
  return normalized;
}

std::vector<std::string> normalized_tags(std::span<const Tag> tags) {
  std::vector<std::string> names;
  std::unordered_set<std::string> known;
  for (const Tag& tag : tags) {
    std::string name = normalized_tag(tag.name);
    if (!name.empty() && known.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace winnow::scoring
