#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::scoring {

static_assert(std::endian::native == std::endian::little,
              "records are written in the machine's order");

/// Of which block a journal's record is; every block's payload begins with it.
struct BlockHeader {
  std::uint64_t block = 0;
  std::uint64_t content = 0;  ///< a hash of the rows' own bytes: the record is of these
  bool operator==(const BlockHeader&) const = default;
};

/// A record's payload while it is written: little-endian, texts and lists after their length.
class RecordWriter {
 public:
  explicit RecordWriter(const BlockHeader& header) {
    number(header.block);
    number(header.content);
  }

  template <typename T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void text(std::string_view value) {
    number(core::checked_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  /// Without their number.
  void values(const std::vector<std::string>& all) {
    for (const std::string& value : all) text(value);
  }
  template <typename T>
  void values(const std::vector<T>& all) {
    bytes_.append(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(T));
  }
  [[nodiscard]] std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads a payload from its beginning; every length is checked against what is left.
class RecordReader {
 public:
  /// @param what  that the record is expected to be, for errors
  /// @throws core::ModelError if the bytes do not begin with a header; so do all methods where the
  /// bytes are not what is asked for
  RecordReader(std::string_view bytes, std::string_view what)
      : rest_(bytes), total_(bytes.size()), what_(what) {
    header_.block = number<std::uint64_t>();
    header_.content = number<std::uint64_t>();
  }

  [[nodiscard]] const BlockHeader& header() const { return header_; }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, piece(1, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() { return std::string(piece(number<std::uint32_t>(), 1)); }
  template <typename T>
  std::vector<T> values(std::uint64_t count) {
    if constexpr (std::is_same_v<T, std::string>)
      return texts(count);
    else
      return numbers<T>(count);
  }
  void end() const {
    if (!rest_.empty()) refuse();
  }
  [[noreturn]] void refuse() const {
    throw core::ModelError(fmt::format("journal: a record of {} bytes is not {}", total_, what_));
  }

 private:
  std::vector<std::string> texts(std::uint64_t count) {
    if (count > rest_.size() / sizeof(std::uint32_t)) refuse();
    std::vector<std::string> result(count);
    for (std::string& value : result) value = text();
    return result;
  }
  template <typename T>
  std::vector<T> numbers(std::uint64_t count) {
    const std::string_view all = piece(count, sizeof(T));
    std::vector<T> result(count);
    if (count > 0) std::memcpy(static_cast<void*>(result.data()), all.data(), all.size());
    return result;
  }
  std::string_view piece(std::uint64_t count, std::size_t size) {
    if (count > rest_.size() / size) refuse();
    const std::string_view taken = rest_.substr(0, count * size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  std::size_t total_;
  std::string_view what_;
  BlockHeader header_;
};

}  // namespace winnow::scoring
