#include "data/spool.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/decompress.hpp"
#include "data/pending_file.hpp"

namespace winnow::data {
namespace {

constexpr std::uint64_t kLongestRecord = 64 << 10;

/// What tells one state of a file from another.
std::string state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    throw core::EnvironmentError(
        fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  return fmt::format("{} bytes, modified {}.{:09}", status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

std::string record_of(const std::filesystem::path& file, const std::string& state,
                      std::uint64_t uncompressed_bytes) {
  return fmt::format("{}\n{}\n{} bytes uncompressed\n", file.string(), state, uncompressed_bytes);
}

bool is_current(const std::filesystem::path& file, const std::filesystem::path& copy,
                const std::filesystem::path& record) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(copy, missing);
  return !missing && std::filesystem::exists(record, missing) &&
         core::read_file(record, kLongestRecord) == record_of(file, state_of(file), bytes);
}

void create_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
}

}  // namespace

std::filesystem::path spool(const std::filesystem::path& file,
                            const std::filesystem::path& folder) {
  const Compression compression = compression_of(file);
  if (compression == Compression::none) return file;
  const auto source = std::filesystem::canonical(file);
  const auto copy =
      folder / fmt::format("{:016x}-{}", core::hash64(source.string()), source.stem().string());
  auto record = copy;
  record += ".source";
  if (is_current(source, copy, record)) return copy;

  create_folder(folder);
  const std::string state = state_of(source);
  PendingFile pending(copy);
  std::uint64_t uncompressed_bytes = 0;
  decompress(file, compression, [&](std::string_view bytes) {
    pending.write(bytes);
    uncompressed_bytes += bytes.size();
  });
  if (state_of(source) != state)
    throw core::DataError(
        fmt::format("{}: was changed while it was read, expected a file at rest", file.string()));
  pending.publish();
  core::write_file(record, record_of(source, state, uncompressed_bytes));
  return copy;
}

}  // namespace winnow::data
