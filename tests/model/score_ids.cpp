// score_ids MODEL PRECISION THREADS BATCH_TOKENS REPEATS < segments.jsonl
// A line is {"ids": [...], "first": scored from, "end": scored to}. Batches are consecutive lines
// of up to BATCH_TOKENS tokens. Prints one sum in nats a line; seconds per repeat, memory and the
// library's description go to standard error as JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/language_model.hpp"

namespace {

using winnow::model::Segment;

struct Row {
  std::vector<std::int32_t> ids;
  std::uint32_t first, end;
};

std::vector<Row> read_rows(std::istream& input) {
  std::vector<Row> rows;
  for (std::string line; std::getline(input, line);) {
    const auto json = nlohmann::json::parse(line);
    rows.push_back({json.at("ids").get<std::vector<std::int32_t>>(),
                    json.at("first").get<std::uint32_t>(), json.at("end").get<std::uint32_t>()});
  }
  return rows;
}

std::vector<double> score(winnow::model::CausalLanguageModel& model, const std::vector<Row>& rows,
                          std::size_t batch_tokens) {
  std::vector<double> sums;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::vector<Segment> batch;
    std::size_t tokens = 0;
    while (begin < rows.size() &&
           (batch.empty() || tokens + rows[begin].ids.size() <= batch_tokens)) {
      tokens += rows[begin].ids.size();
      batch.push_back({rows[begin].ids, rows[begin].first, rows[begin].end});
      ++begin;
    }
    for (const winnow::model::SegmentResult& result : model.run(batch))
      sums.push_back(std::accumulate(result.losses.begin(), result.losses.end(), 0.0));
  }
  return sums;
}

/// Of this program alone: getrusage would count what the parent held before exec.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  throw winnow::core::EnvironmentError("/proc/self/status: no line VmHWM");
}

int run(char** arguments) {
  const winnow::model::LoadOptions options{.precision = std::string(arguments[2]) == "bf16"
                                                            ? winnow::model::Precision::bf16
                                                            : winnow::model::Precision::fp32,
                                           .threads = std::stoi(arguments[3])};
  const std::vector<Row> rows = read_rows(std::cin);
  winnow::model::expect_memory_for(arguments[1], options, winnow::model::ModelUse::scoring);
  const auto model = winnow::model::load_causal_language_model(arguments[1], options);
  std::vector<double> sums, seconds;
  for (int repeat = 0; repeat < std::stoi(arguments[5]); ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    sums = score(*model, rows, std::stoul(arguments[4]));
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  for (const double sum : sums) fmt::print("{:.17g}\n", sum);
  fmt::print(stderr,
             R"({{"seconds": [{}], "peak_rss_mib": {}, "parameters": {}, "library": "{}"}})"
             "\n",
             fmt::join(seconds, ", "), peak_kib() / 1024, model->info().parameters,
             winnow::model::library_description());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    fmt::print(stderr, "usage: {} MODEL fp32|bf16 THREADS BATCH_TOKENS REPEATS < segments.jsonl\n",
               arguments[0]);
    return 2;
  }
  try {
    return run(arguments);
  } catch (const winnow::core::Error& error) {
    fmt::print(stderr, "{}\n", winnow::core::one_line(error.what()));
    return static_cast<int>(error.code());
  }
}
