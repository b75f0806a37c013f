#include "pipeline/checkpoints.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/journal.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEpoch = "epoch-";
constexpr std::string_view kStep = "step-";

std::optional<std::uint64_t> number_behind(std::string_view prefix, const std::string& name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [parsed, error] = std::from_chars(name.data() + prefix.size(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

/// Folders PREFIX<number> in `folder`, the largest number first.
std::vector<fs::path> numbered(const fs::path& folder, std::string_view prefix) {
  std::vector<std::pair<std::uint64_t, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (const auto number = number_behind(prefix, entry->path().filename().string()))
      found.emplace_back(*number, entry->path());
  std::ranges::sort(found, std::greater<>());
  std::vector<fs::path> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

void drop_all_but(std::vector<fs::path> folders, std::uint64_t keep) {
  for (std::size_t i = keep; i < folders.size(); ++i) training::remove_folder(folders[i]);
}

std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  return bytes;
}

double gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << 30);
}

}  // namespace

fs::path Checkpoints::epoch(std::uint64_t epoch) const {
  return folder_ / fmt::format("{}{}", kEpoch, epoch);
}

fs::path Checkpoints::resume(std::uint64_t steps) const {
  return folder_ / "resume" / fmt::format("{}{:08}", kStep, steps);
}

std::vector<fs::path> Checkpoints::resume_states() const {
  return numbered(folder_ / "resume", kStep);
}

bool Checkpoints::are_begun() const {
  std::error_code missing;
  return fs::exists(final()) || fs::exists(adapter()) || fs::exists(reference()) ||
         !core::journal_segments(reference_journal()).empty() || !resume_states().empty() ||
         fs::directory_iterator(engine_states(), missing) != fs::directory_iterator();
}

void Checkpoints::drop_resume_states(std::uint64_t keep) const {
  drop_all_but(resume_states(), keep);
  if (keep > 0) return;
  training::remove_folder(folder_ / "resume");
  training::remove_folder(engine());
}

void Checkpoints::drop_epochs(std::uint64_t keep) const {
  drop_all_but(numbered(folder_, kEpoch), keep);
}

void Checkpoints::drop_models() const {
  drop_epochs(0);
  for (const fs::path& folder : {final(), adapter()}) {
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename() != training::kSealFile) core::remove_file(entry.path());
  }
}

void Checkpoints::expect_room(std::uint64_t bytes) const {
  std::error_code error;
  const fs::space_info space = fs::space(folder_, error);
  if (error) return;
  const std::uint64_t room = space.available + bytes_in(folder_);
  if (room < bytes)
    throw core::EnvironmentError(fmt::format(
        "{}: checkpoints and what is needed to go on after a kill take about {:.2f} GiB, the disk "
        "has {:.2f} GiB for them: expected another --out, a smaller finetune.keep, or more room",
        folder_.string(), gib(bytes), gib(room)));
}

}  // namespace winnow::pipeline
