#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/durable_file.hpp"
#include "core/hash.hpp"

namespace winnow::core {

// A journal is a folder of segment files NNNNNN.seg that are written once, by one process each. A
// segment is a run of records: header (magic, kind, payload length, XXH3-128 of the payload,
// XXH3-64 of the header so far), then the payload. All little-endian.

constexpr std::uint64_t kSegmentBytes = std::uint64_t{256} << 20;

/// Appends records to new segments; never touches a segment of another writer or an earlier run.
class JournalWriter {
 public:
  /// The folder must exist. A segment is begun with the first record, and a further one when
  /// `segment_bytes` are reached.
  explicit JournalWriter(std::filesystem::path folder, std::uint64_t segment_bytes = kSegmentBytes);

  /// The record is on the disk when this returns. After an error the next record starts a new
  /// segment.
  /// @throws EnvironmentError naming the segment and the reason (disk full, ...).
  void append(std::uint64_t kind, std::string_view payload);

 private:
  void begin_segment();

  std::filesystem::path folder_;
  std::uint64_t segment_bytes_;
  std::optional<OutputFile> segment_;
};

/// Where a whole record stands in its segment.
struct JournalRecord {
  std::uint64_t kind = 0;
  std::uint64_t offset = 0;  ///< of the payload
  std::uint64_t length = 0;  ///< of the payload
  Hash128 hash;              ///< of the payload
};

/// One segment, checked from end to end in bounded memory when it is opened.
class JournalReader {
 public:
  /// @throws EnvironmentError if the file cannot be read.
  explicit JournalReader(const std::filesystem::path& segment);
  ~JournalReader();
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  /// The records whose checksums hold, in the order they were written.
  [[nodiscard]] const std::vector<JournalRecord>& records() const { return records_; }
  /// Places where something stood that is no whole record any more, before the end.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
  /// Bytes after the last whole record: what a kill in the middle of `append` leaves.
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }

  /// The first bytes of a record's payload, unchecked since the segment was opened.
  [[nodiscard]] std::string read_beginning(const JournalRecord& record, std::size_t bytes) const;

 private:
  void scan();
  [[nodiscard]] std::uint64_t find_header(std::uint64_t from) const;
  [[nodiscard]] std::optional<JournalRecord> header_at(std::uint64_t offset) const;
  [[nodiscard]] bool payload_holds(const JournalRecord& record) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::vector<JournalRecord> records_;
  std::uint64_t damaged_ = 0;
  std::uint64_t torn_bytes_ = 0;
};

/// A record's payload straight from its place, the rest of the segment unread. @throws ModelError
/// if it no longer has the checksum it had, EnvironmentError if the file cannot be read.
[[nodiscard]] std::string read_record(const std::filesystem::path& segment,
                                      const JournalRecord& record);

/// The segments of a journal in the order of their numbers; none if the folder does not exist.
[[nodiscard]] std::vector<std::filesystem::path> journal_segments(
    const std::filesystem::path& folder);

}  // namespace winnow::core
