#include "app/explain_command.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/job_or_run.hpp"
#include "app/output.hpp"
#include "core/error.hpp"
#include "pipeline/excerpt.hpp"
#include "pipeline/explain.hpp"
#include "pipeline/json_text.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::excerpt;

/// Characters of a text that are shown: of one row, and of each of a sample.
constexpr std::size_t kLongText = 300;
constexpr std::size_t kInstruction = 100;
constexpr std::size_t kAnswer = 160;
constexpr std::size_t kStratum = 40;

std::string title(const Json& row) {
  return fmt::format("row {}{}{}", row.at("row").get<std::uint64_t>(),
                     row.contains("id")
                         ? fmt::format(" ({})", core::one_line(row.at("id").get<std::string>()))
                         : "",
                     row.at("status") == "ok" ? "" : ": it could not be read");
}

/// `gain 40.191 = score 0.962 x diversity 41.77`, as far as the file has them.
std::string numbers_of(const Json& pick) {
  std::string text;
  const auto add = [&](const char* name, const char* before) {
    if (pick.contains(name))
      text +=
          fmt::format("{}{} {:.6g}", text.empty() ? "" : before, name, pick.at(name).get<double>());
  };
  add("gain", "");
  add("score", " = ");
  add("diversity", " x ");
  return text;
}

std::string text_line(const std::string& name, const Json& text) {
  return fmt::format("  {:<12} {}\n", name, excerpt(text.get<std::string>(), kLongText));
}

std::string texts_of(const Json& row) {
  std::string text;
  if (row.contains("system")) text += text_line("system", row.at("system"));
  if (row.contains("history"))
    for (const Json& turn : row.at("history"))
      text += text_line(turn.at("role").get<std::string>(), turn.at("text"));
  for (const char* name : {"instruction", "input", "output"})
    if (row.contains(name))
      text += text_line(std::string_view(name) == "output" ? "answer" : name, row.at(name));
  return text;
}

std::string number_line(const std::string& name, const Json& number) {
  if (number.at("value").is_null())
    return fmt::format("  {:<36} undefined: {}\n", name, number.at("status").get<std::string>());
  return fmt::format("  {:<36} {:>12.6g} {:>8.1f} %\n", name, number.at("value").get<double>(),
                     number.at("percentile").get<double>());
}

std::string scorer_lines(const std::string& scorer, const Json& group) {
  std::string text;
  for (const auto& [name, number] : group.items()) {
    if (name == "tags") {
      const auto tags = number.get<std::vector<std::string>>();
      text += fmt::format("  {:<36} {}\n", scorer + ".tags",
                          tags.empty() ? "none" : fmt::format("{}", fmt::join(tags, ", ")));
    } else if (number.contains("dimension")) {
      text +=
          fmt::format("  {:<36} {}\n", scorer + "." + name,
                      number.at("status") == "ok"
                          ? fmt::format("{} numbers", number.at("dimension").get<std::uint64_t>())
                          : "undefined: " + number.at("status").get<std::string>());
    } else {
      text += number_line(scorer + "." + name, number);
    }
  }
  return text;
}

std::string selection_line(const std::string& name, const Json& selection) {
  const auto line = [&](const std::string& words) {
    return fmt::format("  {:<20} {}\n", name, words);
  };
  const std::string state = selection.at("state").get<std::string>();
  if (state == "missing") return line("not made yet");
  const std::string outdated =
      state == "outdated" ? " (made from other scores or settings than the job's)" : "";
  if (selection.at("pick").is_null()) {
    if (!outdated.empty()) return line("not picked" + outdated);
    const std::size_t steps = selection.at("steps").size();
    const std::string step = steps == 1
                                 ? ""
                                 : fmt::format(", left out by step {} of {}",
                                               selection.at("step").get<std::uint64_t>(), steps);
    return line(fmt::format("not picked{}: {}", step,
                            core::one_line(selection.at("why").get<std::string>())));
  }
  const std::string numbers = numbers_of(selection);
  std::string again;
  if (selection.contains("again_at"))
    again = fmt::format(" and {} more", selection.at("again_at").size());
  return line(fmt::format("pick {} of {}{}{}{}{}", selection.at("pick").get<std::uint64_t>(),
                          selection.at("rows").get<std::uint64_t>(), again,
                          numbers.empty() ? "" : ": ", numbers, outdated));
}

std::string rows_text(const Json& told) {
  std::string text;
  for (const Json& row : told.at("explained")) {
    text += fmt::format("{}{} of {} rows\n{}\n", text.empty() ? "" : "\n", title(row),
                        told.at("rows").get<std::uint64_t>(), texts_of(row));
    text += fmt::format("  {:<36} {:>12} {:>10}\n", "number", "value", "percentile");
    for (const auto& [name, number] : row.at("numbers").items()) text += number_line(name, number);
    for (const auto& [scorer, group] : row.at("scorers").items())
      text += scorer_lines(scorer, group);
    text += "\n";
    for (const auto& [name, selection] : row.at("selections").items())
      text += selection_line(name, selection);
  }
  return text;
}

std::string sampled_row(const Json& row) {
  const std::string numbers = numbers_of(row);
  const Json& pick = row.at("pick");
  std::string text = fmt::format(
      "    {:>7}  {}{}{}{}\n", pick.is_null() ? "-" : fmt::format("{}.", pick.get<std::uint64_t>()),
      title(row),
      row.contains("stratum")
          ? fmt::format("  [{}]", excerpt(row.at("stratum").get<std::string>(), kStratum))
          : "",
      numbers.empty() ? "" : "  ", numbers);
  const auto add = [&](const std::string& before, const Json& shown, std::size_t characters) {
    text +=
        fmt::format("             {}{}\n", before, excerpt(shown.get<std::string>(), characters));
  };
  if (row.contains("system")) add("system: ", row.at("system"), kInstruction);
  if (row.contains("history")) {
    const Json& turns = row.at("history");
    add(fmt::format("{} earlier turns, the last: ", turns.size()), turns.back().at("text"),
        kInstruction);
  }
  if (row.contains("instruction")) add("", row.at("instruction"), kInstruction);
  if (row.contains("input")) add("", row.at("input"), kInstruction);
  if (row.contains("output")) add("> ", row.at("output"), kAnswer);
  return text;
}

const char* block_words(std::string_view block, const Json& selection) {
  if (block == "top") return "the first picks";
  if (block == "bottom") {
    const std::string by = selection.at("bottom_by").get<std::string>();
    return by == "number"      ? "not picked, from the far end of its numbers"
           : by == "both_ends" ? "not picked, from both ends of its numbers"
                               : "not picked, a random draw";
  }
  if (selection.at("cut_by") == "both_sides")
    return "the rows just above the picks, the last picks, the rows just below";
  const bool shows_next = std::ranges::any_of(
      selection.at("cut"), [](const Json& row) { return row.at("pick").is_null(); });
  return shows_next ? "the last picks, then those that would come next" : "the last picks";
}

std::string of_strata(const Json& selection) {
  if (!selection.contains("strata")) return "";
  const Json& strata = selection.at("strata");
  const auto shown = strata.at("shown").get<std::uint64_t>();
  const auto all = strata.at("all").get<std::uint64_t>();
  return fmt::format(
      ", of each {}{}", strata.at("field").get<std::string>(),
      shown == all ? "" : fmt::format(" ({} of {}, those with most picks)", shown, all));
}

std::string sample_text(const Json& told) {
  std::string text;
  for (const auto& [name, selection] : told.at("selections").items()) {
    const std::string state = selection.at("state").get<std::string>();
    text += fmt::format("{}{}: ", text.empty() ? "" : "\n", name);
    if (state != "current") {
      text += state == "missing" ? "not made yet\n"
                                 : "made from other scores or settings than the job's\n";
      continue;
    }
    text += fmt::format("{} of {} rows by {}\n", selection.at("rows").get<std::uint64_t>(),
                        told.at("rows").get<std::uint64_t>(),
                        fmt::join(selection.at("steps").get<std::vector<std::string>>(), ", "));
    for (const char* block : {"top", "cut", "bottom"}) {
      if (selection.at(block).empty()) continue;
      text +=
          fmt::format("  {}: {}{}\n", block, block_words(block, selection), of_strata(selection));
      for (const Json& row : selection.at(block)) text += sampled_row(row);
    }
  }
  return text;
}

}  // namespace

int explain_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const pipeline::Job job = read_job_or_run(line.job, line.overrides, line.out);
  const pipeline::FinishedRun run(job);
  if (line.sample && job.selections.empty())
    throw core::UsageError(
        fmt::format("{}: --sample shows rows of selections, expected a job that "
                    "has some",
                    line.job.string()));
  const Json told = line.sample ? pipeline::sample_rows(run, *line.sample)
                                : pipeline::explain_rows(run, line.rows);
  if (line.json)
    print(pipeline::json_text(told));
  else
    print(line.sample ? sample_text(told) : rows_text(told));
  return 0;
}

}  // namespace winnow::app
