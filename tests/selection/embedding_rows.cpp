// embedding_rows FILE DIMENSION SCORES similarity_filter THRESHOLD
// embedding_rows FILE DIMENSION SCORES similarity_filter_in_floats THRESHOLD   (one rank)
// embedding_rows FILE DIMENSION SCORES k_center PICKS
// A selection of the float32 vectors in FILE, with the float64 scores in SCORES, each rank with its
// share of them; prints rows and seconds as JSON.
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"
#include "selection/k_center_mpi.hpp"
#include "selection/similarity_filter_mpi.hpp"

namespace {

using namespace winnow;

template <class T>
std::vector<T> read_values(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("no file " + path);
  std::vector<T> values(static_cast<std::size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

int run(const std::vector<std::string>& argument) {
  const mpi::Communicator world = mpi::Communicator::world();
  const auto values = read_values<float>(argument.at(1));
  const std::size_t dimension = std::stoull(argument.at(2));
  const auto scores = read_values<double>(argument.at(3));
  const core::RowRange share =
      core::block_range(scores.size(), static_cast<std::uint64_t>(world.size()),
                        static_cast<std::uint64_t>(world.rank()));
  std::vector<core::RowId> own(share.size());
  std::iota(own.begin(), own.end(), share.begin);
  const auto own_scores = std::span(scores).subspan(share.begin, share.size());
  const selection::Vectors vectors =
      selection::Vectors{values, dimension}.range(share.begin, share.size());

  mpi::barrier(world);
  const auto start = std::chrono::steady_clock::now();
  const std::string& method = argument.at(4);
  const selection::ScoredVectors scored{own, own_scores, {}, vectors};
  selection::Selection selection;
  if (method == "k_center")
    selection = selection::k_center_mpi(world, {own, {}, vectors}, 0, std::stoull(argument.at(5)));
  else if (method == "similarity_filter")
    selection =
        selection::similarity_filter_mpi(world, scored, std::stod(argument.at(5)), scores.size());
  else
    selection = selection::similarity_filter(scored, std::stod(argument.at(5)), scores.size(),
                                             selection::BoundForm::floats);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const nlohmann::json report{{"rows", selection.row}, {"seconds", taken.count()}};
  if (world.is_root()) std::cout << report.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const winnow::mpi::Environment environment(argc, argv);
  try {
    return run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "embedding_rows: " << error.what() << '\n';
    winnow::mpi::Environment::abort(1);
  }
}
