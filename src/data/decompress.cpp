#include "data/decompress.hpp"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/file_window.hpp"

namespace winnow::data {
namespace {

using Sink = std::function<void(std::string_view)>;

constexpr std::size_t kWindowBytes = std::size_t{1} << 18;
constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
/// A Zstandard file may begin with a skippable frame: 0x50 to 0x5F, then these.
constexpr std::string_view kSkippableMagic = "\x2A\x4D\x18";
/// zlib: 15 bits of window, and a gzip header.
constexpr int kGzipWindowBits = 15 + 16;

[[noreturn]] void refuse(const std::filesystem::path& file, std::uint64_t offset,
                         std::string_view what) {
  throw core::DataError(
      fmt::format("{}: byte {} of the compressed file: {}", file.string(), offset, what));
}

class Inflater {
 public:
  Inflater() {
    if (::inflateInit2(&stream_, kGzipWindowBits) != Z_OK)
      throw core::EnvironmentError("zlib cannot be started");
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

void gunzip(const std::filesystem::path& file, const Sink& sink) {
  FileWindow window(file, kWindowBytes);
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::vector<char> output(kWindowBytes);
  bool inside = true;  // of a member
  bool is_padded = false;
  for (auto input = window.available(); !input.empty(); input = window.available()) {
    // Tapes and block devices fill the last block up with zeros; gzip passes over them too.
    if (!inside && input.front() == '\0') {
      is_padded = true;
      if (const auto other = input.find_first_not_of('\0'); other != std::string_view::npos)
        refuse(file, window.offset() + other,
               "found bytes behind the zeros that fill it up, expected its end");
      window.consume(input.size());
      continue;
    }
    if (is_padded)
      refuse(file, window.offset(),
             "found bytes behind the zeros that fill it up, expected its end");
    if (!inside) ::inflateReset(&stream);
    inside = true;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(output.data());
      stream.avail_out = static_cast<uInt>(output.size());
      const int status = ::inflate(&stream, Z_NO_FLUSH);
      sink({output.data(), output.size() - stream.avail_out});
      if (status == Z_MEM_ERROR)
        throw core::EnvironmentError(fmt::format("{}: no memory to inflate", file.string()));
      if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
        refuse(file, window.offset() + input.size() - stream.avail_in,
               fmt::format("found damaged gzip data ({}), expected a whole gzip stream",
                           stream.msg != nullptr ? stream.msg : "no zlib message"));
      inside = status != Z_STREAM_END;
    } while (inside && (stream.avail_in > 0 || stream.avail_out == 0));
    window.consume(input.size() - stream.avail_in);
  }
  if (inside)
    refuse(file, window.offset(), "found the end of the file, expected the rest of a gzip stream");
}

void unzstd(const std::filesystem::path& file, const Sink& sink) {
  FileWindow window(file, kWindowBytes);
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(::ZSTD_createDStream(),
                                                                             &::ZSTD_freeDStream);
  if (!stream) throw core::EnvironmentError("zstd cannot be started");
  std::vector<char> output(::ZSTD_DStreamOutSize());
  bool inside = true;  // of a frame
  for (auto bytes = window.available(); !bytes.empty(); bytes = window.available()) {
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    bool is_full = false;
    while (input.pos < input.size || is_full) {
      ZSTD_outBuffer out{output.data(), output.size(), 0};
      const std::size_t status = ::ZSTD_decompressStream(stream.get(), &out, &input);
      sink({output.data(), out.pos});
      if (::ZSTD_isError(status) != 0)
        refuse(file, window.offset() + input.pos,
               fmt::format("found damaged Zstandard data ({}), expected a whole Zstandard stream",
                           ::ZSTD_getErrorName(status)));
      inside = status != 0;
      is_full = inside && out.pos == out.size;
    }
    window.consume(bytes.size());
  }
  if (inside)
    refuse(file, window.offset(),
           "found the end of the file, expected the rest of a Zstandard stream");
}

}  // namespace

Compression compression_of(const std::filesystem::path& file) {
  FileWindow window(file, kZstdMagic.size());
  const auto magic = window.available(kZstdMagic.size());
  if (magic.starts_with(kGzipMagic)) return Compression::gzip;
  if (magic.starts_with(kZstdMagic)) return Compression::zstd;
  const bool is_skippable = magic.size() >= 4 && magic[0] >= 0x50 && magic[0] <= 0x5F &&
                            magic.substr(1, 3) == kSkippableMagic;
  return is_skippable ? Compression::zstd : Compression::none;
}

void decompress(const std::filesystem::path& file, Compression compression, const Sink& sink) {
  core::check(compression != Compression::none, "only compressed files are decompressed");
  if (compression == Compression::gzip) return gunzip(file, sink);
  unzstd(file, sink);
}

}  // namespace winnow::data
