#include "core/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::core {
namespace {

static_assert(std::endian::native == std::endian::little, "journals are little-endian");

// Bytes 0xFF and 0xFE occur in no UTF-8 text, so no text payload can look like a header.
constexpr std::uint64_t kMagic = 0xFE314A776E6E69FFULL;
constexpr std::size_t kBuffer = std::size_t{1} << 20;

struct Header {
  std::uint64_t magic = kMagic;
  std::uint64_t kind = 0;
  std::uint64_t length = 0;
  std::uint64_t payload_high = 0;
  std::uint64_t payload_low = 0;
  std::uint64_t checksum = 0;  ///< of the five fields above
};
static_assert(sizeof(Header) == 48);

std::uint64_t checksum_of(const Header& header) {
  return hash64({reinterpret_cast<const char*>(&header), offsetof(Header, checksum)});
}

constexpr std::string_view kSuffix = ".seg";

/// The number in a segment's name; nullopt for other files.
std::optional<std::uint64_t> segment_number(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size() - kSuffix.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* action, int error) {
  throw EnvironmentError(
      fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(error)));
}

int open_segment(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open the journal segment", errno);
  return descriptor;
}

/// Bytes read: `length`, or fewer at the file's end.
std::size_t read_at(const std::filesystem::path& path, int descriptor, std::uint64_t offset,
                    char* bytes, std::size_t length) {
  std::size_t got = 0;
  while (got < length) {
    const ssize_t count =
        ::pread(descriptor, bytes + got, length - got, checked_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  return got;
}

std::string read_payload(const std::filesystem::path& path, int descriptor,
                         const JournalRecord& record) {
  std::string payload(checked_cast<std::size_t>(record.length), '\0');
  if (read_at(path, descriptor, record.offset, payload.data(), payload.size()) < payload.size() ||
      hash128(payload) != record.hash)
    throw ModelError(fmt::format("{}: the record at byte {} changed while the journal was in use",
                                 path.string(), record.offset));
  return payload;
}

}  // namespace

std::vector<std::filesystem::path> journal_segments(const std::filesystem::path& folder) {
  struct Segment {
    std::uint64_t number;
    std::filesystem::path path;
  };
  std::vector<Segment> segments;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    if (const auto number = segment_number(entries->path()))
      segments.push_back({*number, entries->path()});
  if (error) fail(folder, "list the journal", error.value());
  std::ranges::sort(segments, {}, &Segment::number);
  std::vector<std::filesystem::path> paths;
  for (Segment& segment : segments) paths.push_back(std::move(segment.path));
  return paths;
}

JournalWriter::JournalWriter(std::filesystem::path folder, std::uint64_t segment_bytes)
    : folder_(std::move(folder)), segment_bytes_(segment_bytes) {}

void JournalWriter::begin_segment() {
  const auto segments = journal_segments(folder_);
  std::uint64_t number = segments.empty() ? 1 : segment_number(segments.back()).value() + 1;
  while (!segment_) {
    const std::filesystem::path path = folder_ / fmt::format("{:06}{}", number, kSuffix);
    try {
      segment_.emplace(path, /*exclusive=*/true);
    } catch (const EnvironmentError&) {
      // Another rank may have taken the number in the meantime; anything else is the user's to
      // hear.
      if (!std::filesystem::exists(path)) throw;
      ++number;
    }
  }
  sync_folder(folder_);
}

void JournalWriter::append(std::uint64_t kind, std::string_view payload) {
  if (segment_ && segment_->size() >= segment_bytes_) {
    segment_->close();
    segment_.reset();
  }
  try {
    if (!segment_) begin_segment();
    const Hash128 hash = hash128(payload);
    Header header{kMagic, kind, payload.size(), hash.high, hash.low, 0};
    header.checksum = checksum_of(header);
    segment_->write({reinterpret_cast<const char*>(&header), sizeof(header)});
    segment_->write(payload);
    segment_->sync();
  } catch (...) {
    segment_.reset();
    throw;
  }
}

JournalReader::JournalReader(const std::filesystem::path& segment) : path_(segment) {
  descriptor_ = open_segment(path_);
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(path_, "read the size", errno);
    if (!S_ISREG(status.st_mode))
      throw EnvironmentError(
          fmt::format("{}: expected a journal segment, found no file", path_.string()));
    size_ = checked_cast<std::uint64_t>(status.st_size);
    scan();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

JournalReader::~JournalReader() { ::close(descriptor_); }

void JournalReader::scan() {
  std::uint64_t whole_end = 0;  // end of the last record that holds
  bool is_gap = false;          // something unreadable stands between whole_end and offset
  for (std::uint64_t offset = 0; offset < size_;) {
    const std::optional<JournalRecord> record = header_at(offset);
    if (record && payload_holds(*record)) {
      if (is_gap) ++damaged_;
      is_gap = false;
      records_.push_back(*record);
      offset = whole_end = record->offset + record->length;
    } else {
      is_gap = true;
      // A header that holds tells where the next record begins, unless its payload is cut off.
      const bool is_whole = record && record->length <= size_ - record->offset;
      offset = is_whole ? record->offset + record->length : find_header(offset + 1);
    }
  }
  torn_bytes_ = size_ - whole_end;
}

std::optional<JournalRecord> JournalReader::header_at(std::uint64_t offset) const {
  Header header;
  if (read_at(path_, descriptor_, offset, reinterpret_cast<char*>(&header), sizeof(header)) <
      sizeof(header))
    return std::nullopt;
  if (header.magic != kMagic || header.checksum != checksum_of(header)) return std::nullopt;
  return JournalRecord{header.kind,
                       offset + sizeof(header),
                       header.length,
                       {header.payload_high, header.payload_low}};
}

bool JournalReader::payload_holds(const JournalRecord& record) const {
  if (record.length > size_ - record.offset) return false;
  std::string buffer(std::min<std::uint64_t>(kBuffer, record.length), '\0');
  StreamHash hash;
  for (std::uint64_t done = 0; done < record.length;) {
    const std::size_t length = std::min<std::uint64_t>(buffer.size(), record.length - done);
    if (read_at(path_, descriptor_, record.offset + done, buffer.data(), length) < length)
      return false;
    hash.update({buffer.data(), length});
    done += length;
  }
  return hash.digest() == record.hash;
}

std::uint64_t JournalReader::find_header(std::uint64_t from) const {
  std::array<char, sizeof(kMagic)> magic{};
  std::memcpy(magic.data(), &kMagic, sizeof(kMagic));
  std::string buffer(kBuffer, '\0');
  for (std::uint64_t offset = from; offset < size_; offset += kBuffer - magic.size() + 1) {
    const std::size_t got = read_at(path_, descriptor_, offset, buffer.data(), kBuffer);
    const std::size_t found =
        std::string_view(buffer.data(), got).find(std::string_view(magic.data(), magic.size()));
    if (found != std::string_view::npos) return offset + found;
  }
  return size_;
}

std::string JournalReader::read_beginning(const JournalRecord& record, std::size_t bytes) const {
  std::string beginning(std::min<std::uint64_t>(bytes, record.length), '\0');
  beginning.resize(read_at(path_, descriptor_, record.offset, beginning.data(), beginning.size()));
  return beginning;
}

std::string read_record(const std::filesystem::path& segment, const JournalRecord& record) {
  struct Open {
    int descriptor;
    ~Open() { ::close(descriptor); }
  };
  const Open file{open_segment(segment)};
  return read_payload(segment, file.descriptor, record);
}

}  // namespace winnow::core
