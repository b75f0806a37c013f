#include "pipeline/manifest.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/version.hpp"

namespace winnow::pipeline {
namespace {

constexpr int kManifestVersion = 1;
constexpr std::uint64_t kLargestManifest = 64 << 20;

std::string now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

struct stat status_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    const int error = errno;
    throw core::DataError(
        fmt::format("{}: cannot be read: {}", file.string(), std::strerror(error)));
  }
  return status;
}

}  // namespace

nlohmann::ordered_json read_manifest(const RunFolder& folder, const std::string& job_name) {
  const auto path = folder.manifest();
  if (!std::filesystem::exists(path)) {
    nlohmann::ordered_json manifest;
    manifest["manifest_version"] = kManifestVersion;
    manifest["name"] = job_name;
    manifest["inputs"] = nlohmann::ordered_json::array();
    manifest["models"] = nlohmann::ordered_json::object();
    manifest["invocations"] = nlohmann::ordered_json::array();
    return manifest;
  }
  nlohmann::ordered_json manifest;
  try {
    manifest = nlohmann::ordered_json::parse(core::read_file(path, kLargestManifest));
    const int version = manifest.at("manifest_version").get<int>();
    if (version > kManifestVersion)
      throw core::UsageError(
          fmt::format("{}: manifest_version is {}, this winnow reads up to {}: use a newer winnow",
                      path.string(), version, kManifestVersion));
    const std::string name = manifest.at("name").get<std::string>();
    if (name != job_name)
      throw core::UsageError(fmt::format(
          "{}: this run folder is of the job '{}', not of '{}': choose another --out or name",
          path.string(), name, job_name));
    for (const char* list : {"inputs", "invocations"})
      if (!manifest.at(list).is_array())
        throw core::ModelError(fmt::format("{}: damaged: {} is a {}, expected a list",
                                           path.string(), list, manifest.at(list).type_name()));
    if (!manifest.at("models").is_object())
      throw core::ModelError(fmt::format("{}: damaged: models is a {}, expected an object",
                                         path.string(), manifest.at("models").type_name()));
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(fmt::format("{}: damaged: {}", path.string(), error.what()));
  }
  return manifest;
}

RecordedJob recorded_job(const RunFolder& folder) {
  const auto path = folder.manifest();
  if (!std::filesystem::exists(path))
    throw core::UsageError(fmt::format("{}: not a run folder: it has no {}", folder.path().string(),
                                       path.filename().string()));
  RecordedJob job;
  try {
    const auto manifest = nlohmann::ordered_json::parse(core::read_file(path, kLargestManifest));
    bool is_finished = false;
    for (const auto& invocation : manifest.at("invocations")) {
      const bool finished = invocation.at("outcome") == kFinished;
      if (is_finished && !finished) continue;
      is_finished = finished;
      job = {invocation.at("job").get<std::string>(), invocation.value("job_folder", "")};
    }
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(fmt::format("{}: damaged: {}", path.string(), error.what()));
  }
  if (job.text.empty()) throw core::UsageError(fmt::format("{}: notes no job", path.string()));
  if (job.folder.empty())
    throw core::UsageError(fmt::format(
        "{}: notes no folder for the paths of its job, as an earlier winnow: expected the job file "
        "with --out {}",
        path.string(), folder.path().string()));
  return job;
}

void begin_manifest(const Context& context, nlohmann::ordered_json& manifest,
                    const std::string& command) {
  nlohmann::ordered_json invocation;
  invocation["command"] = command;
  invocation["begun"] = now();
  invocation["host"] = host_name();
  invocation["ranks"] = context.communicator.size();
  invocation["threads"] = context.threads;
  invocation["code_version"] = kVersion;
  invocation["job"] = context.job.effective;
  invocation["job_folder"] = context.job.folder.string();
  invocation["outcome"] = "running, or killed";
  manifest["invocations"].push_back(invocation);
  core::write_file(context.folder.manifest(), json_text(manifest));
}

void end_manifest(const Context& context, nlohmann::ordered_json& manifest,
                  const std::string& outcome) {
  nlohmann::ordered_json& invocation = manifest["invocations"].back();
  invocation["outcome"] = outcome;
  invocation["ended"] = now();
  core::write_file(context.folder.manifest(), json_text(manifest));
}

std::uint64_t bytes_of(const std::filesystem::path& file) {
  return static_cast<std::uint64_t>(status_of(file).st_size);
}

nlohmann::ordered_json stamped(const std::filesystem::path& file) {
  const struct stat status = status_of(file);
  return {{"path", file.string()},
          {"bytes", status.st_size},
          {"modified_ns", status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec}};
}

}  // namespace winnow::pipeline
