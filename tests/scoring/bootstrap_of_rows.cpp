// bootstrap_of_rows RESAMPLES SEED CONFIDENCE
// Reads rows as JSON from standard input, [[base nll, tuned nll, tokens], ...], and prints the
// comparison: {"token_mean": [value, low, high], "row_mean": [...], "share_better": share}.
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "scoring/paired_bootstrap.hpp"

namespace {

using winnow::scoring::LossDifference;

nlohmann::json json_of(const LossDifference& difference) {
  return {difference.value, difference.interval.value().low, difference.interval.value().high};
}

}  // namespace

int main(int, char** argv) {
  std::vector<winnow::scoring::PairedLoss> rows;
  for (const auto& row : nlohmann::json::parse(std::cin))
    rows.push_back({row.at(0), row.at(1), row.at(2)});
  const auto compared = winnow::scoring::compare_losses(rows, {.resamples = std::stoull(argv[1]),
                                                               .seed = std::stoull(argv[2]),
                                                               .confidence = std::stod(argv[3])});
  std::cout << nlohmann::json{{"token_mean", json_of(compared.value().token_mean)},
                              {"row_mean", json_of(compared.value().row_mean)},
                              {"share_better", compared.value().share_better}};
}
