#include "pipeline/steps_log.hpp"

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// Calls visit(line, object) for the whole lines, each of a later step than the one before.
template <typename Visit>
void for_each_step(const std::filesystem::path& path, const Visit& visit) {
  std::ifstream file(path);
  std::uint64_t last = 0;
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    const Json step = json.is_object() ? json.value("step", Json()) : Json();
    if (!step.is_number_unsigned() || step <= last) continue;
    last = step.get<std::uint64_t>();
    visit(line, json);
  }
}

}  // namespace

StepsLog::StepsLog(const std::filesystem::path& path, std::uint64_t steps) {
  std::string kept;
  for_each_step(path, [&](const std::string& line, const Json& step) {
    if (step["step"] > steps) return;
    kept += line + "\n";
    ++kept_;
  });
  file_.emplace(path, /*exclusive=*/false);
  file_->write(kept);
}

void StepsLog::write(const training::StepReport& report, std::uint64_t epoch, double seconds) {
  Json line = {{"step", report.step},
               {"epoch", epoch},
               {"loss", report.loss},
               {"lr", report.learning_rate},
               {"grad_norm", report.gradient_norm},
               {"rows", report.rows},
               {"tokens", report.tokens},
               {"targets", report.targets},
               {"seconds", seconds}};
  if (report.preference) {
    const training::PreferenceSums& sums = *report.preference;
    const auto pairs = static_cast<double>(report.rows);
    line["chosen_reward"] = sums.chosen_reward / pairs;
    line["rejected_reward"] = sums.rejected_reward / pairs;
    line["margin"] = (sums.chosen_reward - sums.rejected_reward) / pairs;
    line["accuracy"] = sums.preferred / pairs;
  }
  file_->write(line.dump() + "\n");
}

StepsTotal total_of(const std::filesystem::path& steps_log) {
  StepsTotal total;
  for_each_step(steps_log, [&](const std::string&, const Json& step) {
    ++total.steps;
    total.tokens += step.value("tokens", std::uint64_t{0});
    total.seconds += step.value("seconds", 0.0);
    if (step.contains("loss") && step["loss"].is_number())
      total.last_loss = step["loss"].get<double>();
  });
  return total;
}

}  // namespace winnow::pipeline
