// million SOURCES DOCUMENTS uniform|normal program|distributed|count
// From spliced texts to picks, as the program goes: TF-IDF, then the greedy over 5 % of the rows.
//   program      what `winnow run` calls on this number of ranks
//   distributed  the distributed greedy also on one rank
//   count        one rank: the work of the greedy, and the loads of up to 4,096 virtual ranks
// Prints JSON.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/partition.hpp"
#include "core/random.hpp"
#include "million/spliced_texts.hpp"
#include "million/virtual_ranks.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"
#include "selection/greedy_mpi.hpp"
#include "support/text_list.hpp"
#include "tfidf/vectorize_mpi.hpp"

namespace {

using namespace winnow;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kTextSeed = 1;
constexpr std::uint64_t kScoreSeed = 20;
constexpr selection::GreedyRule kRule{0.1, false};
constexpr std::uint64_t kRowsPerPick = 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Most memory that this process has held, in MiB.
double peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  throw std::runtime_error("/proc/self/status: no line VmHWM");
}

/// In [0, 1): uniform, or about N(0.72, 0.13) as the sum of twelve uniform numbers.
double score_of(core::RowId row, const std::string& distribution) {
  const auto uniform = [&](std::uint64_t draw) {
    return static_cast<double>(core::random_word(kScoreSeed, draw, row) >> 11) * 0x1p-53;
  };
  if (distribution == "uniform") return uniform(0);
  double sum = 0;
  for (std::uint64_t draw = 0; draw < 12; ++draw) sum += uniform(draw);
  return std::clamp(0.72 + 0.13 * (sum - 6), 0.0, 0.999);
}

struct Input {
  std::vector<core::RowId> row;
  std::vector<double> score;
  tfidf::DocumentTerms terms;
  double seconds = 0;  ///< reading the texts' terms; making the texts is not counted
};

Input read_texts(const bench::SplicedTexts& texts, const core::RowRange& range,
                 const std::string& distribution) {
  constexpr std::uint64_t kRowsAtOnce = 1024;
  Input input;
  std::vector<std::string> batch;
  for (core::RowId row = range.begin; row < range.end; ++row) {
    input.row.push_back(row);
    input.score.push_back(score_of(row, distribution));
    batch.push_back(texts.text(row));
    if (batch.size() < kRowsAtOnce && row + 1 < range.end) continue;
    const auto start = Clock::now();
    for (const std::string& text : batch) input.terms.add(text);
    input.seconds += seconds_since(start);
    batch.clear();
  }
  return input;
}

nlohmann::json to_json(const selection::GreedyTraffic& traffic) {
  return {{"rounds", traffic.rounds},
          {"collectives", traffic.collectives},
          {"payload_bytes", traffic.payload_bytes},
          {"shipped_rows", traffic.shipped_rows},
          {"refreshes", traffic.refreshes},
          {"replay_evaluations", traffic.replay_evaluations},
          {"setup_seconds", traffic.setup_seconds},
          {"replicated_seconds", traffic.replicated_seconds}};
}

nlohmann::json run(const mpi::Communicator& world, Input input, std::uint64_t picks,
                   bool is_distributed) {
  auto start = Clock::now();
  const tfidf::Vectorized vectorized = tfidf::vectorize(world, std::move(input.terms));
  const double tfidf_seconds = mpi::max(world, input.seconds + seconds_since(start));
  const double tfidf_mib = mpi::sum(world, peak_mib());

  const selection::GreedyRows rows{input.row, input.score, {}, vectorized.rows};
  mpi::barrier(world);
  start = Clock::now();
  const selection::DistributedGreedy greedy =
      is_distributed ? selection::threshold_greedy(world, rows, kRule, picks)
                     : selection::greedy_mpi(world, rows, kRule, picks);
  const double greedy_seconds = mpi::max(world, seconds_since(start));
  const auto& row = greedy.selection.row;
  const core::Hash128 hash =
      core::hash128({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(core::RowId)});
  return {{"terms", vectorized.fit.terms},
          {"df_sum", vectorized.fit.df_sum},
          {"shared_nnz", mpi::sum(world, std::uint64_t{vectorized.rows.term.size()})},
          {"tfidf_seconds", tfidf_seconds},
          {"tfidf_mib", tfidf_mib},
          {"greedy_seconds", greedy_seconds},
          {"peak_mib", mpi::sum(world, peak_mib())},
          {"picks", row.size()},
          {"picks_hash", hash.high ^ hash.low},
          {"traffic", to_json(greedy.traffic)}};
}

nlohmann::json count(const mpi::Communicator& world, Input input, std::uint64_t picks) {
  const tfidf::InvertedTerms terms = std::move(input.terms).invert();
  const tfidf::GlobalFrequencies global =
      tfidf::exchange_frequencies(world, terms.frequencies, terms.documents);
  const tfidf::WeightedRows weighted =
      tfidf::weigh(terms, global.documents, terms.documents, tfidf::Singletons::fold);
  const selection::GreedyRows rows{input.row, input.score, {}, weighted};
  const bench::LazyWork work = bench::count_lazy_work(rows, kRule, picks);
  const auto real = selection::threshold_greedy(world, rows, kRule, picks);
  const bench::Replay replay = bench::replay_rounds(rows, kRule, picks);
  std::uint64_t refreshes = 0;
  for (const auto& pass : replay.refreshed) refreshes += pass.size();
  if (replay.rounds != real.traffic.rounds || refreshes != real.traffic.refreshes ||
      replay.picks != real.selection.row)
    throw std::runtime_error("the counted rounds are not those of the distributed greedy");

  nlohmann::json loads = nlohmann::json::array();
  for (const std::uint64_t ranks : {2U, 4U, 16U, 64U, 256U, 1024U, 4096U}) {
    const bench::VirtualLoad load = bench::load_of(replay, terms, ranks);
    loads.push_back({{"ranks", load.ranks},
                     {"refresh_imbalance", load.refresh_imbalance},
                     {"refresh_critical", load.refresh_critical},
                     {"largest_refreshes", load.largest_refreshes},
                     {"keys", load.keys},
                     {"largest_sent", load.largest_sent},
                     {"largest_owned", load.largest_owned}});
  }
  return {{"evaluations", work.first + work.again}, {"again", work.again},
          {"shared_nnz", weighted.term.size()},     {"passes", replay.refreshed.size()},
          {"traffic", to_json(real.traffic)},       {"loads", loads}};
}

void run(const std::vector<std::string>& argument) {
  const mpi::Communicator world = mpi::Communicator::world();
  const std::uint64_t documents = std::stoull(argument.at(2));
  const std::string& mode = argument.at(4);
  const core::RowRange range =
      core::block_range(documents, static_cast<std::uint64_t>(world.size()),
                        static_cast<std::uint64_t>(world.rank()));
  Input input =
      read_texts({test::read_text_list(argument.at(1)), kTextSeed}, range, argument.at(3));
  const std::uint64_t picks = documents / kRowsPerPick;
  const nlohmann::json report = mode == "count"
                                    ? count(world, std::move(input), picks)
                                    : run(world, std::move(input), picks, mode == "distributed");
  if (world.is_root()) std::cout << report.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const winnow::mpi::Environment environment(argc, argv);
  try {
    run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "million: " << error.what() << '\n';
    winnow::mpi::Environment::abort(1);
  }
}
