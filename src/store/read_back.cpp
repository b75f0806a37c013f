#include "store/read_back.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::store {

void check_written(const std::filesystem::path& file, const std::vector<WrittenBytes>& written) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw core::EnvironmentError(fmt::format("{}: cannot be read back", file.string()));
  std::string buffer(std::size_t{1} << 20, '\0');
  for (const WrittenBytes& part : written) {
    stream.seekg(core::checked_cast<std::streamoff>(part.offset));
    core::StreamHash hash;
    std::uint64_t left = part.length;
    while (left > 0 && stream.read(buffer.data(), core::checked_cast<std::streamsize>(std::min<std::uint64_t>(left, buffer.size())))) {
      const auto got = core::checked_cast<std::size_t>(stream.gcount());
      hash.update({buffer.data(), got});
      left -= got;
    }
    if (left > 0 || hash.digest() != part.hash)
      throw core::EnvironmentError(fmt::format("{}: {} does not read back as it was written, expected {} bytes kept at byte {}; is the disk full?",
                                               file.string(), part.dataset, part.length, part.offset));
  }
}

}  // namespace winnow::store
