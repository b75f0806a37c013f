// greedy_rows FILE AMOUNT DECAY default|faithful REPEATS local|distributed
// Runs the greedy on rows that greedy_rows_file.py wrote and prints picks, pool order, seconds and
// traffic as JSON.
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "driver.hpp"
#include "mpi/collectives.hpp"
#include "selection/greedy_mpi.hpp"
#include "selection/iterit.hpp"

namespace {

using namespace winnow;

struct Input {
  std::vector<core::RowId> row;  ///< all rows
  std::vector<double> value;     ///< NaN: undefined
  tfidf::WeightedRows weighted;  ///< of the candidates
};

Input read_input(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto sizes = read<std::uint64_t>(file, 4);
  Input input;
  input.value = read<double>(file, sizes[0]);
  for (core::RowId row = 0; row < sizes[0]; ++row) input.row.push_back(row);
  input.weighted.row_begin = read<std::uint64_t>(file, sizes[1] + 1);
  input.weighted.term = read<std::uint32_t>(file, sizes[2]);
  input.weighted.weight = read<double>(file, sizes[2]);
  input.weighted.singleton_weight = read<double>(file, sizes[1]);
  // Keys in the order of the columns, spread over the owners of the hash ranges.
  for (std::uint64_t term = 0; term < sizes[3]; ++term)
    input.weighted.terms.push_back(
        {term * (~std::uint64_t{0} / sizes[3]), static_cast<std::uint32_t>(term)});
  return input;
}

/// The candidates of one rank; every rank keeps all terms.
tfidf::WeightedRows share_of(const tfidf::WeightedRows& whole, const core::RowRange& range) {
  const auto cut = [](const auto& values, std::uint64_t begin, std::uint64_t end) {
    return std::remove_cvref_t<decltype(values)>(
        values.begin() + static_cast<std::ptrdiff_t>(begin),
        values.begin() + static_cast<std::ptrdiff_t>(end));
  };
  const std::uint64_t begin = whole.row_begin[range.begin];
  const std::uint64_t end = whole.row_begin[range.end];
  tfidf::WeightedRows share{whole.terms, cut(whole.row_begin, range.begin, range.end + 1),
                            cut(whole.term, begin, end), cut(whole.weight, begin, end),
                            cut(whole.singleton_weight, range.begin, range.end)};
  for (std::uint64_t& each : share.row_begin) each -= begin;
  return share;
}

nlohmann::json run(const mpi::Communicator& world, const std::vector<std::string>& argument) {
  const Input input = read_input(argument.at(1));
  const std::uint64_t amount = std::stoull(argument.at(2));
  const bool faithful = argument.at(4) == "faithful";
  const selection::GreedyRule rule{std::stod(argument.at(3)), faithful};
  const selection::Candidates candidates =
      selection::ifd_candidates(input.row, input.value, faithful);
  if (candidates.row.size() != input.weighted.rows())
    throw std::runtime_error("the candidates differ from the file's");
  const core::RowRange range =
      core::block_range(candidates.row.size(), static_cast<std::uint64_t>(world.size()),
                        static_cast<std::uint64_t>(world.rank()));
  const tfidf::WeightedRows share = share_of(input.weighted, range);
  const selection::GreedyRows rows{std::span(candidates.row).subspan(range.begin, range.size()),
                                   std::span(candidates.score).subspan(range.begin, range.size()),
                                   {},
                                   share};

  selection::DistributedGreedy result;
  nlohmann::json seconds = nlohmann::json::array();
  for (int repeat = std::stoi(argument.at(5)); repeat > 0; --repeat) {
    seconds.push_back(seconds_of(world, [&] {
      if (argument.at(6) == "local") {
        result = {selection::greedy(rows, rule, amount), {}};
      } else {
        result = selection::threshold_greedy(world, rows, rule, amount);
      }
    }));
  }
  std::vector<double> compared = input.value;
  if (faithful)
    for (double& value : compared) value = selection::round_to_bf16(value);
  const selection::Selection& picked = result.selection;
  const selection::GreedyTraffic& traffic = result.traffic;
  nlohmann::json report{{"picks", picked.row},
                        {"pool", selection::pool_order(picked.row, input.row, compared)},
                        {"filled_from", nullptr},
                        {"seconds", seconds},
                        {"traffic",
                         {{"rounds", traffic.rounds},
                          {"collectives", traffic.collectives},
                          {"payload_bytes", traffic.payload_bytes},
                          {"shipped_rows", traffic.shipped_rows},
                          {"refreshes", traffic.refreshes},
                          {"replay_evaluations", traffic.replay_evaluations},
                          {"setup_seconds", traffic.setup_seconds},
                          {"replicated_seconds", traffic.replicated_seconds}}}};
  if (picked.filled_from) report["filled_from"] = *picked.filled_from;
  return report;
}

}  // namespace

int main(int argc, char** argv) { return winnow::run_driver(argc, argv, run); }
