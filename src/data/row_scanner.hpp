#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/hash.hpp"
#include "data/row_format.hpp"
#include "data/source.hpp"

namespace winnow::data {

struct ScanOptions {
  std::uint64_t max_row_bytes = std::uint64_t{64} << 20;
  bool skip_bad_rows =
      false;  ///< a row above max_row_bytes is handed out as a fault instead of thrown
  std::size_t window_bytes = 1U << 20;  ///< read at a time; changes nothing but speed
};

/// A row's own bytes in its file: without the spaces, commas and line ends around them.
struct RowSlice {
  std::uint64_t byte_offset = 0;  ///< in the uncompressed file
  std::uint64_t byte_length = 0;
  std::uint64_t line = 1;  ///< of the row's first byte
  std::string_view bytes;  ///< valid until the next call; empty where `fault` is set
  std::string fault;       ///< why the row cannot be used (only with skip_bad_rows)
};

/// Cuts one file into rows, from a window of bytes and the current row: memory does not grow with
/// the file or with nesting. The first byte that is no space tells the layout: `[` is one JSON
/// array, anything else JSON Lines. What stands between rows is checked here, what stands in them
/// by parse_row. One UTF-8 byte-order mark at the start is skipped; blank lines of JSON Lines too.
class RowScanner {
 public:
  /// `first_row` numbers the file's first row in messages.
  RowScanner(const DataFile& file, std::uint64_t first_row, const ScanOptions& options);
  ~RowScanner();
  RowScanner(const RowScanner&) = delete;
  RowScanner& operator=(const RowScanner&) = delete;

  /// The next row, or nothing at the file's end.
  /// @throws core::DataError with row, line, byte, found and expected: garbage between rows, a
  /// missing or trailing comma, brackets
  ///   that do not match, text after the array, a file that ends early, a row above max_row_bytes.
  [[nodiscard]] std::optional<RowSlice> next();

  /// Nothing for a file that holds only spaces. Known before the first call of next().
  [[nodiscard]] std::optional<Layout> layout() const { return layout_; }
  /// Bytes read so far; the file's size once next() has returned nothing.
  [[nodiscard]] std::uint64_t bytes_read() const { return buffer_offset_ + buffer_.size(); }
  /// XXH3-128 of bytes_read() bytes.
  [[nodiscard]] core::Hash128 hash() const { return hash_.digest(); }

 private:
  enum class Delimited { whole, cut_off, too_long };

  bool refill();
  [[nodiscard]] int peek();
  void advance();
  void skip_spaces();
  void skip_byte_order_mark();
  [[nodiscard]] std::optional<RowSlice> next_element();
  [[nodiscard]] std::optional<RowSlice> next_line();

  DataFile file_;
  ScanOptions options_;
  int descriptor_ = -1;
  std::string buffer_;  ///< bytes [buffer_offset_, ...) of the file
  std::uint64_t buffer_offset_ = 0;
  std::size_t position_ = 0;         ///< next byte, in buffer_
  std::optional<std::size_t> kept_;  ///< buffer_ is kept from here on: the current row
  std::uint64_t line_ = 1;
  std::uint64_t row_ = 0;
  std::uint64_t rows_in_file_ = 0;
  std::optional<Layout> layout_;
  bool finished_ = false;
  core::StreamHash hash_;
};

}  // namespace winnow::data
