#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "mpi/communicator.hpp"
#include "store/attributes.hpp"
#include "store/element.hpp"

namespace winnow::store {

/// An HDF5 file that all ranks write together, aside as NAME.tmp until `finish`. Its bytes depend
/// on the calls and the values only, not on how the rows lie over the ranks, nor on the time. Every
/// method is collective and ends with an agreement: an error of one rank is thrown on all
/// (EnvironmentError, as `mpi::Agreed`), and then nothing ever has the final name.
class ParallelFile {
 public:
  /// @param kind  what the file is ("scores"); readers ask for it. Written with the schema version.
  ParallelFile(const mpi::Communicator& communicator, std::filesystem::path target,
               const std::string& kind);
  ~ParallelFile();
  ParallelFile(const ParallelFile&) = delete;
  ParallelFile& operator=(const ParallelFile&) = delete;

  /// `path` begins with '/'; its parent must exist.
  void create_group(const std::string& path, const Attributes& attributes = {});
  /// Adds attributes to a group or dataset ("/" is the file). Equal on all ranks.
  void set_attributes(const std::string& path, const Attributes& attributes);

  /// A dataset [rows] of which this rank holds the rows of `mine`; the ranks' ranges cover all rows
  /// once.
  template <Storable T>
  void write_rows(const std::string& path, std::uint64_t rows, core::RowRange mine,
                  std::span<const T> values, const Attributes& attributes = {}) {
    create_dataset(path, kElementOf<T>, {rows}, attributes);
    write_slab(path, kElementOf<T>, mine, std::as_bytes(values));
  }
  /// A dataset [values.size()] that every rank holds whole.
  template <Storable T>
  void write_replicated(const std::string& path, std::span<const T> values,
                        const Attributes& attributes = {}) {
    const core::RowRange mine = is_root() ? core::RowRange{0, values.size()} : core::RowRange{};
    write_rows(path, values.size(), mine, is_root() ? values : std::span<const T>(), attributes);
  }
  /// A dataset [rows, columns] to be filled with `write_matrix_rows`, any number of times, until
  /// every row is written once.
  template <Storable T>
  void create_matrix(const std::string& path, std::uint64_t rows, std::uint64_t columns,
                     const Attributes& attributes = {}) {
    create_dataset(path, kElementOf<T>, {rows, columns}, attributes);
  }
  /// values: [mine.size(), columns], row-major; nothing on ranks whose `mine` is empty.
  template <Storable T>
  void write_matrix_rows(const std::string& path, core::RowRange mine, std::span<const T> values) {
    write_slab(path, kElementOf<T>, mine, std::as_bytes(values));
  }
  /// The pieces that rows have: how many elements all and this rank's rows have.
  struct Pieces {
    std::uint64_t total = 0;
    core::RowRange mine;
  };
  /// A dataset u64 [rows + 1]: the elements of row i are [offsets[i], offsets[i + 1]).
  /// lengths: [mine.size()]
  Pieces write_offsets(const std::string& path, std::uint64_t rows, core::RowRange mine,
                       std::span<const std::uint64_t> lengths, const Attributes& attributes);
  /// Texts as two datasets: `path` u8 [all bytes] and `path`_offsets u64 [rows + 1]; text i is
  /// bytes [offsets[i], offsets[i + 1]).
  void write_texts(const std::string& path, std::uint64_t rows, core::RowRange mine,
                   std::span<const std::string> texts, const Attributes& attributes = {});

  /// Runs a local check on every rank; an error of one is thrown on all, and the file is given up.
  void together(const std::function<void()>& work);

  /// Writes what is left, marks the file complete, reads every row back, and gives it its name.
  void finish();

 private:
  struct Impl;
  [[nodiscard]] bool is_root() const;
  void create_dataset(const std::string& path, Element element, std::vector<std::uint64_t> shape,
                      const Attributes& attributes);
  void write_slab(const std::string& path, Element element, core::RowRange mine,
                  std::span<const std::byte> bytes);

  std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::store
