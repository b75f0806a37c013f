#include "app/evaluation_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

/// Categories that are shown.
constexpr std::size_t kMostCategories = 20;

std::string number(const Json& value, int digits) {
  return value.is_null() ? "undefined" : fmt::format("{:.{}f}", value.get<double>(), digits);
}

/// `-0.1358 [-0.1512, -0.1201]  better in 85 %`
std::string difference_text(const Json& difference) {
  const Json& loss = difference.at("token_mean_loss");
  if (loss.is_null()) return "no row in common";
  const std::string interval = loss.at("low").is_null()
                                   ? "no interval"
                                   : fmt::format("[{:+.4f}, {:+.4f}]", loss.at("low").get<double>(),
                                                 loss.at("high").get<double>());
  return fmt::format("{:+.4f} {:<18}  better in {:.0f} %", loss.at("value").get<double>(), interval,
                     100 * difference.at("share_better").get<double>());
}

/// `exact_match` or, by a filter of the harness, `exact_match (strict-match)`.
std::string metric_of(const Json& row) {
  const auto filter = row.at("filter").get<std::string>();
  const auto metric = row.at("metric").get<std::string>();
  return filter == "none" ? metric : fmt::format("{} ({})", metric, filter);
}

/// A line for each model.
std::string table(const Json& figures, std::size_t width) {
  std::string text;
  for (const auto& [name, model] : figures.at("models").items()) {
    text += fmt::format("            {:<{}} {:>8} {:>9} {:>10} {:>12}", name, width,
                        model.at("rows_ok").get<std::uint64_t>(),
                        model.at("tokens").get<std::uint64_t>(),
                        number(model.at("token_mean_loss"), 4), number(model.at("perplexity"), 3));
    const Json& differences = figures.at("differences");
    if (differences.contains(name)) text += "  " + difference_text(differences.at(name));
    text += "\n";
  }
  return text;
}

std::string losses_text(const Json& evaluation) {
  std::size_t width = 5;
  for (const auto& [name, model] : evaluation.at("models").items())
    width = std::max(width, name.size());
  const Json& interval = evaluation.at("interval");
  std::string text = fmt::format(
      "evaluated {} rows; loss in {}; {:g} % intervals of {} resamples\n"
      "            {:<{}} {:>8} {:>9} {:>10} {:>12}  difference to {}\n",
      evaluation.at("rows").get<std::uint64_t>(), evaluation.at("unit").get<std::string>(),
      100 * interval.at("confidence").get<double>(), interval.at("resamples").get<std::uint64_t>(),
      "model", width, "rows ok", "tokens", "loss", "perplexity",
      core::one_line(evaluation.at("base").get<std::string>()));
  text += table(evaluation, width);
  if (evaluation.contains("categories")) {
    const Json& categories = evaluation.at("categories");
    const auto field = core::one_line(evaluation.at("category").get<std::string>());
    for (std::size_t i = 0; i < std::min(categories.size(), kMostCategories); ++i) {
      const auto name = categories[i].at("category").get<std::string>();
      text += name.empty() ? fmt::format("          without {}\n", field)
                           : fmt::format("          {} {}\n", field, core::one_line(name));
      text += table(categories[i], width);
    }
    if (categories.size() > kMostCategories)
      text += fmt::format("          {} more\n", categories.size() - kMostCategories);
  }
  return text;
}

/// A line for each metric of a task by a model.
std::string benchmarks_text(const Json& benchmarks, const std::string& base) {
  const Json& results = benchmarks.at("results");
  std::size_t task = 4, model = 5, metric = 6;
  for (const Json& row : results) {
    task = std::max(task, row.at("task").get_ref<const std::string&>().size());
    model = std::max(model, row.at("model").get_ref<const std::string&>().size());
    metric = std::max(metric, metric_of(row).size());
  }
  std::string text = fmt::format(
      "benchmarks by lm_eval, which gives the standard errors\n"
      "            {:<{}}  {:<{}}  {:<{}} {:>9} {:>9}  difference to {}\n",
      "task", task, "metric", metric, "model", model, "value", "stderr", core::one_line(base));
  for (const Json& row : results)
    text += fmt::format("            {:<{}}  {:<{}}  {:<{}} {:>9} {:>9}{}\n",
                        row.at("task").get<std::string>(), task, metric_of(row), metric,
                        row.at("model").get<std::string>(), model, number(row.at("value"), 4),
                        row.at("stderr").is_null() ? "none" : number(row.at("stderr"), 4),
                        row.at("difference").is_null()
                            ? ""
                            : fmt::format("  {:+.4f}", row.at("difference").get<double>()));
  return text;
}

}  // namespace

std::string evaluation_text(const Json& evaluation) {
  std::string text;
  if (evaluation.contains("models")) text += losses_text(evaluation);
  if (evaluation.contains("benchmarks"))
    text += benchmarks_text(evaluation.at("benchmarks"), evaluation.at("base"));
  text += fmt::format("            figures: {}\n", evaluation.at("file").get<std::string>());
  for (const auto& [key, title] :
       {std::pair("rows_file", "rows"), std::pair("benchmarks_file", "benchmarks")})
    if (evaluation.contains(key))
      text += fmt::format("            {}: {}\n", title, evaluation.at(key).get<std::string>());
  return text;
}

}  // namespace winnow::app
