#include "pipeline/scorer_binding.hpp"

#include <string_view>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kLargestBinding = 1 << 20;

/// What the machine or the program decides and not the job: a resumed run goes on as it began.
bool is_of_the_machine(const std::string& key) {
  return key == "threads" || key == "device" || key == "batch_tokens" || key == "library" ||
         key == "code_version";
}

/// What of it this run cannot take over: its blocks are of its own.
bool is_of_this_run(const std::string& key) { return key == "library" || key == "code_version"; }

/// A value that this program can have written under a key that a resumed run takes over.
bool is_possible(const std::string& key, const nlohmann::ordered_json& value) {
  if (key == "device") return value == "cpu" || value == "cuda";
  if (key != "threads" && key != "batch_tokens") return true;
  const std::uint64_t most = key == "threads" ? 4096 : 1U << 24;
  return value.is_number_unsigned() && value >= 1U && value <= most;
}

}  // namespace

ScorerBinding read_binding(const std::filesystem::path& path) {
  try {
    return ScorerBinding::parse(core::read_file(path, kLargestBinding));
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(fmt::format("{}: damaged: {}", path.string(), error.what()));
  }
}

void expect_same_settings(const std::filesystem::path& path, const ScorerBinding& found,
                          const ScorerBinding& expected) {
  for (const auto& [key, value] : expected.items()) {
    if (key == "model" || is_of_the_machine(key)) continue;
    const ScorerBinding was = found.value(key, ScorerBinding());
    if (was != value)
      throw core::UsageError(
          fmt::format("{}: {} was {}, but what it stands beside was asked with "
                      "{}: expected the same; remove both to ask them anew",
                      path.string(), key, was.dump(), value.dump()));
  }
}

std::optional<ScorerBinding> bound_before(const std::filesystem::path& run_folder,
                                          const BoundWork& work, const ScorerBinding& wanted) {
  if (!work.is_begun) return std::nullopt;
  const auto path = work.journal / work.file;
  if (!std::filesystem::exists(path))
    throw core::ModelError(
        fmt::format("{}: missing beside what was begun, which therefore belongs to unknown "
                    "settings: remove {} to start again",
                    path.string(), work.journal.string()));
  ScorerBinding recorded = read_binding(path);
  for (const auto& [key, value] : wanted.items()) {
    const auto found = recorded.find(key);
    if (found == recorded.end())
      throw core::UsageError(
          fmt::format("{}: does not say {}, expected {}: another winnow began {}: {}",
                      path.string(), key, value.dump(), work.name, work.remedy));
    if (std::string_view(found->type_name()) != value.type_name() || !is_possible(key, *found))
      throw core::ModelError(
          fmt::format("{}: damaged: {} is {}, expected a {} that winnow can have written",
                      path.string(), key, found->dump(), value.type_name()));
    if (*found != value && !is_of_the_machine(key))
      throw core::UsageError(fmt::format("{}: {} of {} was {}, the job now says {}: {}",
                                         run_folder.string(), key, work.name, found->dump(),
                                         value.dump(), work.remedy));
  }
  return recorded;
}

ScorerBinding bind_scorer(const Context& context, const BoundWork& work,
                          const ScorerBinding& wanted) {
  const auto recorded = bound_before(context.folder.path(), work, wanted);
  if (!recorded) {
    std::error_code error;
    std::filesystem::create_directories(work.journal, error);
    if (error)
      throw core::EnvironmentError(
          fmt::format("{}: cannot create the folder: {}", work.journal.string(), error.message()));
    core::write_file(work.journal / work.file, wanted.dump(1) + "\n");
    return wanted;
  }
  for (const auto& [key, value] : wanted.items()) {
    const ScorerBinding& before = recorded->at(key);
    if (before == value) continue;
    context.log.write(
        "resume",
        fmt::format(
            "{}: {} was {} when it began, now {}: {}", work.name, key, before.dump(), value.dump(),
            is_of_this_run(key) ? "last bits may differ" : "going on with the recorded one"));
  }
  return *recorded;
}

std::string key_of(const ScorerBinding& binding) {
  return core::to_hex(core::hash128(binding.dump()));
}

}  // namespace winnow::pipeline
