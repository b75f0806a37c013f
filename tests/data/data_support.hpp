#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "data/data_set.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::data {

inline std::filesystem::path shared_data() {
  return std::filesystem::path(WINNOW_SOURCE_DIR).parent_path() / "shared" / "data";
}

inline std::string read_all(const std::filesystem::path& path) {
  return core::read_file(path, std::uint64_t{1} << 32);
}

/// A file that is gone at the end of the scope.
class TextFile {
 public:
  explicit TextFile(std::string_view bytes, std::string_view name = "rows.json")
      : path_(folder_.path() / name) {
    replace(bytes);
  }
  void replace(std::string_view bytes) const {
    core::OutputFile(path_, /*exclusive=*/false).write(bytes);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] SourceOptions options() const {
    SourceOptions options;
    options.paths = {path_.string()};
    return options;
  }

 private:
  test::TemporaryFolder folder_;
  std::filesystem::path path_;
};

/// The message of the Error that `call` throws, its code checked, without the folder of a temporary
/// file.
template <typename Call>
std::string message_of(core::ExitCode code, const Call& call) {
  try {
    call();
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    std::string message = error.what();
    for (auto at = message.find("/"); at != std::string::npos; at = message.find("/", at)) {
      const auto name = message.find("winnow-test-", at);
      if (name == std::string::npos) break;
      const auto end = message.find("/", name);
      message.erase(at, end == std::string::npos ? std::string::npos : end + 1 - at);
    }
    return message;
  }
  ADD_FAILURE() << "expected an Error";
  return {};
}

/// Opens and reads the data set, keeping nothing.
inline void read_through(const SourceOptions& options) {
  const test::TemporaryFolder spool;
  scan_rows(open_data_set(options, spool.path()), [](const DataRow&) {});
}

struct KeptRow {
  RowPlace place;
  std::string bytes;
  std::string instruction;
  std::string output;
  std::string fault;
};

inline std::vector<KeptRow> read_rows(const SourceOptions& options) {
  const test::TemporaryFolder spool;
  std::vector<KeptRow> rows;
  scan_rows(open_data_set(options, spool.path()), [&](const DataRow& row) {
    const Sample sample = row.parsed ? row.parsed->sample : Sample{};
    rows.push_back(
        {row.place, std::string(row.bytes), sample.instruction, sample.output, row.fault});
  });
  return rows;
}

/// The error of a data file with these bytes.
inline std::string data_error(std::string_view bytes) {
  const TextFile file(bytes);
  return message_of(core::ExitCode::data, [&] { read_through(file.options()); });
}

}  // namespace winnow::data
