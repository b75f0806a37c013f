#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/hash.hpp"
#include "data/file_window.hpp"
#include "data/row_format.hpp"
#include "data/row_place.hpp"
#include "data/source.hpp"

namespace winnow::data {

struct ScanOptions {
  std::uint64_t max_row_bytes = std::uint64_t{64} << 20;
  bool skip_bad_rows = false;  ///< a row that is too long or torn is handed out as a fault
  /// The index holds the length of every row, skipped ones too, in 32 bits.
  std::uint64_t max_skipped_bytes = std::numeric_limits<std::uint32_t>::max();
  std::size_t window_bytes = 1U << 20;  ///< read at a time; changes nothing but speed
};

struct RowSlice {
  RowPlace place;
  std::string_view bytes;  ///< valid until the next call; empty where `fault` is set
  std::string fault;       ///< why the row cannot be used, with its place
};

/// Cuts one file into rows, holding a window of bytes and the current row: memory does not grow
/// with the file, nor with nesting beyond a bit a level. The first byte that is no space tells the
/// layout: `[` is one JSON array, anything else JSON Lines. What stands between rows is checked
/// here, what stands in them by parse_row. One UTF-8 byte-order mark at the start is passed over,
/// and so are blank lines of JSON Lines.
class RowScanner {
 public:
  /// `index` is the file's place in its data set, `first_row` the number of its first row.
  RowScanner(const DataFile& file, std::uint32_t index, core::RowId first_row,
             const ScanOptions& options);

  /// The next row, or nothing at the file's end.
  /// @throws core::DataError with row, line, byte, found and expected: garbage between rows, a
  /// missing or trailing comma, brackets that do not match, text after the array, a file that ends
  /// early; unless skipped, a row above max_row_bytes; skipped, one above max_skipped_bytes.
  [[nodiscard]] std::optional<RowSlice> next();

  /// Nothing for a file of spaces only.
  [[nodiscard]] std::optional<Layout> layout() const { return layout_; }
  /// The number that the next row gets.
  [[nodiscard]] core::RowId next_row() const { return place_.row; }
  /// Bytes read so far and their XXH3-128: the whole file's once next() has returned nothing.
  [[nodiscard]] std::uint64_t bytes_read() const { return window_.bytes_read(); }
  [[nodiscard]] core::Hash128 hash() const { return window_.hash(); }

 private:
  [[nodiscard]] std::optional<char> peek();
  void skip_spaces();

  [[nodiscard]] bool enter_element();
  [[nodiscard]] RowSlice element();
  [[nodiscard]] bool find_scalar_end();
  [[nodiscard]] bool find_bracketed_end();
  [[nodiscard]] std::optional<RowSlice> line();

  void begin_row();
  void consume(std::size_t count);
  [[nodiscard]] RowSlice finish_row(std::string_view bytes, std::string fault);

  [[nodiscard]] std::string too_long_message() const;
  [[nodiscard]] std::string cut_off_message(std::string_view bytes, std::string_view what) const;
  [[noreturn]] void refuse_row(std::string_view bytes) const;
  [[noreturn]] void refuse_byte(std::optional<char> found, std::string_view expected) const;

  DataFile file_;
  ScanOptions options_;
  FileWindow window_;
  RowPlace place_;         ///< of the current row
  bool too_long_ = false;  ///< the current row is, and its bytes are no longer kept
  std::optional<Layout> layout_;
  bool any_row_ = false;
  bool finished_ = false;
};

}  // namespace winnow::data
