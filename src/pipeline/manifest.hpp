#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// The run folder's manifest.json: what was run on what, by whom, where and when. Root only.
///
/// @throws core::UsageError if the folder belongs to a job of another name or was written by a
/// newer winnow, core::ModelError if the file is damaged.
[[nodiscard]] nlohmann::ordered_json read_manifest(const RunFolder& folder,
                                                   const std::string& job_name);

/// Adds this invocation (command, effective job, code version, ranks, threads, host, time) and
/// writes the file.
void begin_manifest(const Context& context, nlohmann::ordered_json& manifest,
                    const std::string& command);

/// Notes how the invocation ended: `finished`, or the error's line.
void end_manifest(const Context& context, nlohmann::ordered_json& manifest,
                  const std::string& outcome);

/// What a file looked like when it was last known to have its recorded hash.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
/// @throws core::DataError if the file is gone.
[[nodiscard]] FileStamp stamp_of(const std::filesystem::path& file);

}  // namespace winnow::pipeline
