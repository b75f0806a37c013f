#include "pipeline/scorer_binding.hpp"

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/journal.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kLargestBinding = 1 << 20;

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
  ScorerBinding recorded;
  try {
    recorded = ScorerBinding::parse(core::read_file(path, kLargestBinding));
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(fmt::format("{}: damaged: {}", path.string(), error.what()));
  }
  for (const auto& [key, value] : wanted.items()) {
    if (recorded.contains(key) && recorded.at(key) == value) continue;
    const std::string before = recorded.contains(key) ? recorded.at(key).dump() : "nothing";
    if (key == "threads" || key == "library") {
      context.log.write("score", fmt::format("{}: {} was {} when scoring began, now {}{}", scorer,
                                             key, before, value.dump(),
                                             key == "threads" ? ": going on with the recorded one"
                                                              : ": last bits may differ"));
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
