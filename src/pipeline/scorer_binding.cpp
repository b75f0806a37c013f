#include "pipeline/scorer_binding.hpp"

#include <string_view>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/journal.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kLargestBinding = 1 << 20;

/// What the machine decides and not the job: a resumed run goes on as it began.
bool is_of_the_machine(const std::string& key) {
  return key == "threads" || key == "device" || key == "batch_tokens" || key == "library";
}

/// A value that this program can have written under a key that a resumed run takes over.
bool is_possible(const std::string& key, const nlohmann::ordered_json& value) {
  if (key == "device") return value == "cpu" || value == "cuda";
  if (key != "threads" && key != "batch_tokens") return true;
  const std::uint64_t most = key == "threads" ? 4096 : 1U << 24;
  return value.is_number_unsigned() && value >= 1U && value <= most;
}

ScorerBinding read_binding(const std::filesystem::path& path) {
  try {
    return ScorerBinding::parse(core::read_file(path, kLargestBinding));
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(fmt::format("{}: damaged: {}", path.string(), error.what()));
  }
}

}  // namespace

ScorerBinding bind_scorer(const Context& context, const std::string& scorer,
                          const ScorerBinding& wanted) {
  const auto folder = context.folder.journal(scorer);
  const auto path = folder / "scorer.json";
  if (!std::filesystem::exists(path)) {
    if (!core::journal_segments(folder).empty())
      throw core::ModelError(
          fmt::format("{}: missing beside journal segments, which therefore belong to unknown "
                      "settings: remove {} to score again",
                      path.string(), folder.string()));
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
      throw core::EnvironmentError(
          fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
    core::write_file(path, wanted.dump(1) + "\n");
    return wanted;
  }
  const ScorerBinding recorded = read_binding(path);
  for (const auto& [key, value] : wanted.items()) {
    const auto found = recorded.find(key);
    if (found == recorded.end() || std::string_view(found->type_name()) != value.type_name() ||
        !is_possible(key, *found))
      throw core::ModelError(fmt::format(
          "{}: damaged: {} is {}, expected a {} that winnow can have written", path.string(), key,
          found == recorded.end() ? "missing" : found->dump(), value.type_name()));
    if (*found == value) continue;
    const std::string before = found->dump();
    if (is_of_the_machine(key)) {
      context.log.write("score", fmt::format("{}: {} was {} when scoring began, now {}: {}", scorer,
                                             key, before, value.dump(),
                                             key == "library" ? "last bits may differ"
                                                              : "going on with the recorded one"));
      continue;
    }
    throw core::UsageError(fmt::format(
        "{}: {} of scorer '{}' was {}, the job now says {}: choose another --out or name",
        context.folder.path().string(), key, scorer, before, value.dump()));
  }
  return recorded;
}

std::string key_of(const ScorerBinding& binding) {
  return core::to_hex(core::hash128(binding.dump()));
}

}  // namespace winnow::pipeline
