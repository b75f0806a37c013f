#include "store/disk_check.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::store {

void reserve_space(const std::filesystem::path& file, std::uint64_t begin, std::uint64_t length) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const int status = descriptor < 0 ? -1
                                    : ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE,
                                                  core::checked_cast<off_t>(begin),
                                                  core::checked_cast<off_t>(length));
  int error = status == 0 ? 0 : errno;
  if (descriptor >= 0) ::close(descriptor);
  if (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL) {
    // Where nothing can be reserved, what is free now has to do.
    std::error_code ignored;
    error = std::filesystem::space(file, ignored).available < length ? ENOSPC : 0;
  }
  if (error != 0)
    throw core::EnvironmentError(fmt::format("{}: cannot reserve {} bytes: {}", file.string(),
                                             length, std::strerror(error)));
}

void check_size_limit(const std::filesystem::path& file, std::uint64_t size) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      size > limit.rlim_cur)
    throw core::EnvironmentError(
        fmt::format("{}: needs {} bytes, this process may write files of {} (ulimit -f)",
                    file.string(), size, limit.rlim_cur));
}

void check_written(const std::filesystem::path& file, const std::vector<WrittenBytes>& written) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw core::EnvironmentError(fmt::format("{}: cannot be read back", file.string()));
  std::string buffer(std::size_t{1} << 20, '\0');
  for (const WrittenBytes& part : written) {
    stream.seekg(core::checked_cast<std::streamoff>(part.offset));
    core::StreamHash hash;
    std::uint64_t left = part.length;
    while (left > 0 &&
           stream.read(buffer.data(), core::checked_cast<std::streamsize>(
                                          std::min<std::uint64_t>(left, buffer.size())))) {
      const auto got = core::checked_cast<std::size_t>(stream.gcount());
      hash.update({buffer.data(), got});
      left -= got;
    }
    if (left > 0 || hash.digest() != part.hash)
      throw core::EnvironmentError(
          fmt::format("{}: {} does not read back as it was written, expected {} bytes kept at byte "
                      "{}; is the disk full?",
                      file.string(), part.dataset, part.length, part.offset));
  }
}

}  // namespace winnow::store
