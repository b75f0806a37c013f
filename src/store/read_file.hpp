#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "store/attributes.hpp"
#include "store/element.hpp"

namespace winnow::store {

/// A finished file of ours, opened read-only by one process. Whatever is missing, of another type
/// or shape, filtered, or stored outside the file is a ModelError (code 5) that names file and
/// dataset; sizes are checked against the file before memory is taken.
class ReadFile {
 public:
  /// @throws ModelError if the file is missing, damaged, incomplete, of another kind, or of a newer
  /// schema.
  ReadFile(std::filesystem::path path, const std::string& kind);
  /// Of whatever kind.
  explicit ReadFile(std::filesystem::path path);
  ~ReadFile();
  ReadFile(ReadFile&&) noexcept;
  ReadFile& operator=(ReadFile&&) noexcept;

  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] bool is_group(const std::string& path) const;
  /// Names in a group, ascending; none if there is no such group.
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const;
  /// Where a group or dataset stands in the file: the same for every name of it.
  [[nodiscard]] std::uint64_t address(const std::string& path) const;
  /// A dataset's dimensions.
  [[nodiscard]] std::vector<std::uint64_t> shape(const std::string& path) const;
  /// What a dataset's elements are.
  [[nodiscard]] Element element(const std::string& path) const;

  /// Rows `range` of a dataset [rows].
  template <Storable T>
  [[nodiscard]] std::vector<T> read_rows(const std::string& path, std::uint64_t rows,
                                         core::RowRange range) const {
    return read<T>(path, {rows}, range);
  }
  /// A whole dataset of one dimension.
  template <Storable T>
  [[nodiscard]] std::vector<T> read_all(const std::string& path) const {
    const std::uint64_t rows = length(path);
    return read<T>(path, {rows}, {0, rows});
  }
  /// Rows `range` of a dataset [rows, columns], row-major.
  template <Storable T>
  [[nodiscard]] std::vector<T> read_matrix_rows(const std::string& path, std::uint64_t rows,
                                                std::uint64_t columns, core::RowRange range) const {
    return read<T>(path, {rows, columns}, range);
  }
  /// The offsets of rows `range`, and the end of the last, of what ParallelFile::write_offsets
  /// wrote: ascending and at most `elements`. [range.size() + 1]
  [[nodiscard]] std::vector<std::uint64_t> read_offsets(const std::string& path, std::uint64_t rows,
                                                        core::RowRange range,
                                                        std::uint64_t elements) const;
  /// Rows `range` of what ParallelFile::write_texts wrote.
  [[nodiscard]] std::vector<std::string> read_texts(const std::string& path, std::uint64_t rows,
                                                    core::RowRange range) const;
  /// For a reader that knows more of its values. @throws ModelError naming the file, always
  [[noreturn]] void fail(const std::string& what) const;
  /// The length of a dataset of one dimension.
  [[nodiscard]] std::uint64_t length(const std::string& path) const;

  /// All attributes of a group or dataset, ascending by name.
  [[nodiscard]] Attributes attributes(const std::string& path) const;
  [[nodiscard]] std::string text_attribute(const std::string& path, const std::string& name) const;
  [[nodiscard]] std::uint64_t integer_attribute(const std::string& path,
                                                const std::string& name) const;

 private:
  struct Impl;
  template <Storable T>
  std::vector<T> read(const std::string& path, const std::vector<std::uint64_t>& shape,
                      core::RowRange range) const {
    const std::uint64_t per_row = check_dataset(path, kElementOf<T>, shape, range);
    std::vector<T> values(range.size() * per_row);
    read_slab(path, kElementOf<T>, range, values.data());
    return values;
  }
  /// Elements per row. @throws ModelError unless the dataset is what is expected and holds `range`.
  std::uint64_t check_dataset(const std::string& path, Element element,
                              const std::vector<std::uint64_t>& shape, core::RowRange range) const;
  void read_slab(const std::string& path, Element element, core::RowRange range,
                 void* values) const;

  std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::store
