#include "text/ngrams.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/random.hpp"

namespace winnow::text {

NgramScanner::Chain NgramScanner::extend(const Chain& head, const Chain& word) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;  // keeps "a b" and "b a" apart
  return {core::mix64(head.hash * kOdd + word.hash), core::mix64(head.check * kOdd + word.check)};
}

void NgramScanner::start(std::string_view text) {
  words_.start(text);
  read_ = 0;
}

std::span<const NgramHash> NgramScanner::next() {
  if (!words_.next()) return {};
  const auto as_ngram = [](const Chain& chain) {
    return NgramHash{chain.hash, static_cast<std::uint32_t>(chain.check >> 32)};
  };
  const core::Hash128 hash = core::hash128(words_.word());
  const Chain word{hash.low, hash.high};
  found_[0] = as_ngram(word);
  if (read_ >= 1) {
    const Chain bigram = extend(last_word_, word);
    found_[1] = as_ngram(bigram);
    if (read_ >= 2) found_[2] = as_ngram(extend(last_bigram_, word));
    last_bigram_ = bigram;
  }
  last_word_ = word;
  read_ = std::min<std::size_t>(read_ + 1, found_.size());
  return std::span(found_).first(read_);
}

}  // namespace winnow::text
