#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace winnow::selection {

/// A sum of doubles without rounding, as one wide fixed-point integer: the order of the terms and
/// their split over processes do not matter (Kulisch's long accumulator).
class ExactSum {
 public:
  /// `value` is finite.
  void add(double value);

  /// The sum as integers whose element-wise sums (wrapping around) over several ExactSum are the
  /// words of the sum of them all, for up to 2^31 of them.
  static constexpr std::size_t kWords = 68;
  [[nodiscard]] std::array<std::uint64_t, kWords> words() const;
  [[nodiscard]] static ExactSum of_words(std::span<const std::uint64_t, kWords> words);

  /// The double nearest to the sum, ties to even; infinite where no double is that large.
  [[nodiscard]] double value() const;

 private:
  void carry();

  // The sum is that of word_[i] x 2^(32 i - 1074). Carried, all words but the last are in [0,
  // 2^32).
  std::array<std::int64_t, kWords> word_{};
  std::uint32_t added_ = 0;  ///< since the last carry
};

}  // namespace winnow::selection
