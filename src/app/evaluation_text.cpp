#include "app/evaluation_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

}  // namespace

std::string evaluation_text(const Json& evaluation) {
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
  return text + fmt::format("            figures: {}\n            rows: {}\n",
                            evaluation.at("file").get<std::string>(),
                            evaluation.at("rows_file").get<std::string>());
}

}  // namespace winnow::app
