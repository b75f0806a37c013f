#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// The run folder's manifest.json: what was run on what, by whom, where and when. Root only.
///
/// @throws core::UsageError if the folder belongs to a job of another name or was written by a
/// newer winnow, core::ModelError if the file is damaged.
[[nodiscard]] nlohmann::ordered_json read_manifest(const RunFolder& folder,
                                                   const std::string& job_name);

/// The effective job of an invocation.
struct RecordedJob {
  std::string text;              ///< YAML
  std::filesystem::path folder;  ///< where its relative paths start
};

/// Of the last command in a run folder that finished, else of the last one.
/// @throws core::UsageError if the folder has no manifest or it notes no job, core::ModelError if
/// the file is damaged.
[[nodiscard]] RecordedJob recorded_job(const RunFolder& folder);

/// Adds this invocation (command, effective job, code version, ranks, threads, host, time) and
/// writes the file.
void begin_manifest(const Context& context, nlohmann::ordered_json& manifest,
                    const std::string& command);

/// The outcome of a command that did all it was to do.
inline constexpr const char* kFinished = "finished";

/// Notes how the invocation ended: `finished`, or the error's line.
void end_manifest(const Context& context, nlohmann::ordered_json& manifest,
                  const std::string& outcome);

/// A file's size. @throws core::DataError if the file is gone.
[[nodiscard]] std::uint64_t bytes_of(const std::filesystem::path& file);

/// {path, bytes, modified_ns}: while this is unchanged, the hash recorded beside it is taken to
/// hold.
/// @throws core::DataError if the file is gone.
[[nodiscard]] nlohmann::ordered_json stamped(const std::filesystem::path& file);

}  // namespace winnow::pipeline
