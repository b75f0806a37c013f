#include "million/spliced_texts.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/checked_cast.hpp"
#include "core/random.hpp"

namespace winnow::bench {
namespace {

constexpr std::uint64_t kLongestRun = 7;  // words
constexpr std::uint64_t kWordsPerCoined = 200;
constexpr std::uint64_t kCoinedOctaves = 24;  // 2^24 coined words
constexpr std::uint64_t kCopiedWhole = 3;     // words
constexpr std::size_t kShortestPlain = 4;     // letters

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_plain(std::string_view word) {
  return word.size() >= kShortestPlain &&
         std::all_of(word.begin(), word.end(), [](char c) { return 'a' <= c && c <= 'z'; });
}

/// Random words of one text, one after the other.
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t text) : seed_(seed), text_(text) {}
  std::uint64_t below(std::uint64_t end) { return core::random_word(seed_, text_, next_++) % end; }

 private:
  std::uint64_t seed_;
  std::uint64_t text_;
  std::uint64_t next_ = 0;
};

}  // namespace

SplicedTexts::SplicedTexts(std::vector<std::string> sources, std::uint64_t seed)
    : seed_(seed), sources_(std::move(sources)), first_{0} {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const std::string& text = sources_[s];
    const auto skip = [&](std::size_t from, bool blanks) {
      while (from < text.size() && is_blank(text[from]) == blanks) ++from;
      return from;
    };
    for (std::size_t begin = skip(0, true); begin < text.size();) {
      const std::size_t end = skip(begin, false);
      const std::size_t after = skip(end, true);
      words_.push_back(
          {core::checked_cast<std::uint32_t>(s), core::checked_cast<std::uint32_t>(begin),
           core::checked_cast<std::uint32_t>(end), core::checked_cast<std::uint32_t>(after)});
      begin = after;
    }
    first_.push_back(words_.size());
  }
  for (const Word& word : words_)
    if (is_plain(letters(word))) plain_.push_back(letters(word));
  std::sort(plain_.begin(), plain_.end());
  plain_.erase(std::unique(plain_.begin(), plain_.end()), plain_.end());
}

std::string_view SplicedTexts::letters(const Word& word) const {
  return std::string_view(sources_[word.source]).substr(word.begin, word.end - word.begin);
}

std::string_view SplicedTexts::blanks(const Word& word) const {
  return std::string_view(sources_[word.source]).substr(word.end, word.after - word.end);
}

std::string SplicedTexts::coined(std::uint64_t number) const {
  const std::string_view front = plain_[core::random_word(seed_, 0, number) % plain_.size()];
  const std::string_view back = plain_[core::random_word(seed_, 1, number) % plain_.size()];
  return std::string(front.substr(0, (front.size() + 1) / 2)).append(back.substr(back.size() / 2));
}

std::string SplicedTexts::text(std::uint64_t index) const {
  Draw draw(core::mix64(seed_), index);
  const std::uint64_t model = draw.below(sources_.size());
  const std::uint64_t length = first_[model + 1] - first_[model];
  if (length <= kCopiedWhole) return sources_[model];

  std::string text;
  for (std::uint64_t left = length; left > 0;) {
    const std::uint64_t begin = draw.below(words_.size());
    const std::uint64_t end = std::min(begin + std::min(left, 1 + draw.below(kLongestRun)),
                                       first_[words_[begin].source + 1]);
    for (std::uint64_t w = begin; w < end; ++w) {
      if (draw.below(kWordsPerCoined) == 0) {
        const std::uint64_t octave = std::uint64_t{1} << draw.below(kCoinedOctaves);
        text += coined(octave + draw.below(octave));
      } else {
        text += letters(words_[w]);
      }
      // A run that ends with its source goes on in the same line.
      text += words_[w].after > words_[w].end ? blanks(words_[w]) : " ";
    }
    left -= end - begin;
  }
  return text;
}

}  // namespace winnow::bench
