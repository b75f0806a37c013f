#include "app/study_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;
using Line = std::vector<std::string>;

std::string number(const Json& value, const char* format) {
  return value.is_null() ? "-" : fmt::format(fmt::runtime(format), value.get<double>());
}

/// `-0.0312 [-0.0505, -0.0119]`; an interval that holds 0 is marked: `-0.0031 [-0.0121, +0.0058]*`
std::string difference(const Json& line, const std::string& name) {
  if (line.at(name).is_null()) return "-";
  const std::string value = number(line.at(name), "{:+.4f}");
  if (line.at(name + "_low").is_null()) return value + " no interval";
  return fmt::format("{} [{}, {}]{}", value, number(line.at(name + "_low"), "{:+.4f}"),
                     number(line.at(name + "_high"), "{:+.4f}"),
                     line.at(name + "_interval_holds_0").get<bool>() ? "*" : " ");
}

/// Losses with their interval.
std::string loss(const Json& line) {
  if (line.at("loss_low").is_null()) return number(line.at("loss"), "{:.4f}");
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", line.at("loss").get<double>(),
                     line.at("loss_low").get<double>(), line.at("loss_high").get<double>());
}

/// Columns as wide as their widest text, each but the first two right-aligned.
std::string aligned(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths;
  for (const Line& line : lines) {
    widths.resize(std::max(widths.size(), line.size()), 0);
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    std::string row = "         ";
    for (std::size_t i = 0; i < line.size(); ++i)
      row += i < 2 ? fmt::format(" {:<{}}", line[i], widths[i])
                   : fmt::format("  {:>{}}", line[i], widths[i]);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

Line cell_line(const Json& cell) {
  const auto text = [&](const char* key) { return cell.at(key).get<std::string>(); };
  return {text("selection"),
          text("budget"),
          std::to_string(cell.at("seed").get<std::uint64_t>()),
          number(cell.at("rows"), "{:.0f}"),
          number(cell.at("steps"), "{:.0f}"),
          number(cell.at("tokens"), "{:.0f}"),
          number(cell.at("last_training_loss"), "{:.4f}"),
          loss(cell),
          number(cell.at("perplexity"), "{:.3f}"),
          difference(cell, "to_base"),
          number(cell.at("seconds"), "{:.1f}"),
          text("status")};
}

Line summary_line(const Json& line) {
  return {line.at("selection").get<std::string>(),
          line.at("budget").get<std::string>(),
          number(line.at("seeds"), "{:.0f}"),
          number(line.at("rows"), "{:.0f}"),
          loss(line),
          number(line.at("loss_sd"), "{:.4f}"),
          difference(line, "to_base"),
          difference(line, "to_first")};
}

}  // namespace

std::string study_text(const Json& study) {
  const Json& cells = study.at("cells");
  const Json& summary = study.at("summary");
  std::vector<Line> lines = {{"selection", "budget", "seed", "rows", "steps", "tokens",
                              "train loss", "loss", "perplexity", "to base", "seconds", "status"}};
  std::string base = "undefined", reasons;
  for (const Json& cell : cells) {
    lines.push_back(cell_line(cell));
    if (!cell.at("base_loss").is_null()) base = number(cell.at("base_loss"), "{:.4f}");
    if (!cell.at("reason").is_null())
      reasons +=
          fmt::format("          failed: {} at {}, seed {}: {}\n", lines.back()[0], lines.back()[1],
                      lines.back()[2], core::one_line(cell.at("reason").get<std::string>()));
  }
  std::string text = fmt::format(
      "studied   {} cells on {} held-out rows; loss in {}; the base {} has {}; {:g} % intervals of "
      "{} resamples of rows, * where one holds 0\n",
      cells.size(), study.at("held_out_rows").get<std::uint64_t>(),
      study.at("unit").get<std::string>(), core::one_line(study.at("base").get<std::string>()),
      base, 100 * study.at("confidence").get<double>(), study.at("resamples").get<std::uint64_t>());
  text += aligned(lines) + reasons;
  const auto first = summary.at(0).at("selection").get<std::string>();
  lines = {{"selection", "budget", "seeds", "rows", "mean loss", "sd", "to base", "to " + first}};
  for (const Json& line : summary) lines.push_back(summary_line(line));
  return text + "          over seeds\n" + aligned(lines) +
         fmt::format("            table: {}\n            summary: {}\n",
                     study.at("table_file").get<std::string>(),
                     study.at("summary_file").get<std::string>());
}

}  // namespace winnow::app
