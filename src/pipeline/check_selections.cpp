#include "pipeline/check_selections.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/ifd_share.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/selection_chain.hpp"
#include "pipeline/step_parameters.hpp"
#include "selection/budget.hpp"

namespace winnow::pipeline {
namespace {

/// `superfiltering_d of 5% (scorer gpt2, ifd_share 20%, embedding minilm)`: all parameters, but
/// those that are said already or say nothing.
std::string in_words(const Job& job, const SelectionStep& step) {
  SelectionStep shown = step;
  if (!shown.eos_text) shown.eos_text = "";  // Else it is the model's, whose folder may be missing.
  std::string parameters;
  for (const store::Attribute& parameter : parameters_of(job, shown)) {
    const std::string value =
        std::visit([](const auto& each) { return fmt::format("{}", each); }, parameter.value);
    const bool is_said = parameter.name == "budget" || parameter.name == "filter" ||
                         (parameter.name == "of" && value == "all");
    if (!is_said && !value.empty())
      parameters += fmt::format("{}{} {}", parameters.empty() ? "" : ", ", parameter.name, value);
  }
  return described(step) + (parameters.empty() ? "" : fmt::format(" ({})", parameters));
}

/// Rows that the method looks at.
std::uint64_t looked_at(const SelectionStep& step, std::uint64_t most, std::uint64_t rows) {
  if (!takes(method_of(step), "ifd_share")) return most;
  return std::min(most, rows_of_share(step, rows));
}

/// Rows that the step leaves at most of `most` that come in.
std::uint64_t most_left(const SelectionStep& step, std::uint64_t most, std::uint64_t rows) {
  if (step.method == "cherry_pre_experience")
    return std::min(most, step.clusters * step.per_cluster);
  if (step.budget.empty() || is_in_tokens(step)) return most;
  const bool repeats = step.method == "iterit" && step.faithful;
  const std::uint64_t available = repeats ? rows : looked_at(step, most, rows);
  const auto refuse = [&](const std::string& problem) {
    throw core::DataError(fmt::format("{}.budget: '{}': {}", step.place, step.budget, problem));
  };
  const selection::Budget budget = selection::parse_budget("budget", step.budget);
  std::uint64_t amount = 0;
  try {
    amount = selection::resolve_budget(budget, step.of == "eligible" ? most : rows);
  } catch (const core::DataError& error) {
    refuse(error.what());
  }
  if (amount > available)
    refuse(fmt::format("asks for {} rows, but there are at most {}{}", amount, available,
                       available < most ? fmt::format(" in ifd_share {}", step.ifd_share) : ""));
  return amount;
}

/// What a method compares on the way, where that grows faster than the rows.
std::string cost_of(const SelectionStep& step, std::uint64_t most, std::uint64_t left,
                    std::uint64_t rows) {
  const auto of = [](std::uint64_t a, std::uint64_t b) {
    return fmt::format("{:.3g} M", static_cast<double>(a) * static_cast<double>(b) / 1e6);
  };
  const std::uint64_t clusters = step.clusters == 0 ? left : step.clusters;
  switch (method_of(step).algorithm) {
    case Algorithm::similarity_filter:
    case Algorithm::k_center:
      return fmt::format(", at most {} cosines", of(most, left));
    case Algorithm::facility_location:
      return fmt::format(", at most {} similarities",
                         of(looked_at(step, most, rows), looked_at(step, most, rows)));
    case Algorithm::clusters:
    case Algorithm::cherry_sample:
      return fmt::format(", at most {} distances in each round", of(most, clusters));
    case Algorithm::near_duplicates:
      return step.by == "embedding" ? fmt::format(", at most {} cosines", of(most, most)) : "";
    default:
      return "";
  }
}

}  // namespace

std::uint64_t most_rows(const SelectionJob& selection, const CheckedRows& rows) {
  std::uint64_t most = rows.readable;
  for (const SelectionStep& step : selection.steps) most = most_left(step, most, rows.rows);
  return most;
}

std::vector<std::string> check_selections(const Job& job, const std::optional<CheckedRows>& rows) {
  std::vector<std::string> lines;
  for (const SelectionJob& selection : job.selections) {
    std::string& line = lines.emplace_back(selection.name + ":");
    std::uint64_t most = rows ? rows->readable : 0;
    for (const SelectionStep& step : selection.steps) {
      line += fmt::format("{}{}", &step == &selection.steps.front() ? " " : "; then ",
                          in_words(job, step));
      if (!rows) continue;
      const std::uint64_t left = most_left(step, most, rows->rows);
      line += fmt::format(": at most {} of {} rows{}", left, most,
                          cost_of(step, most, left, rows->rows));
      most = left;
    }
  }
  return lines;
}

}  // namespace winnow::pipeline
