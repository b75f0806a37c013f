// facility_rows FILE DIMENSION PICKS published|cosine smallest_row|published winnow|peer
// Facility location of the float32 vectors in FILE, each rank with its share of them; prints rows,
// gains and seconds as JSON. `peer`: submodlib's way, with the published similarity and ties.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <queue>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "driver.hpp"
#include "mpi/collectives.hpp"
#include "selection/facility_location_mpi.hpp"

namespace {

using namespace winnow;

/// create_square_kernel_dense and LazyGreedyOptimizer::maximize, without the copy of the set of
/// picks that the latter makes for every gain.
selection::Selection peer(const selection::Vectors& vectors, std::size_t rows, std::size_t picks) {
  std::vector<std::vector<float>> similarity(rows, std::vector<float>(rows, 1.0F));
  const auto gamma = static_cast<float>(1.0 / static_cast<double>(vectors.dimension));
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = i + 1; j < rows; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < vectors.dimension; ++k) {
        const float difference = vectors[i][k] - vectors[j][k];
        sum += difference * difference;
      }
      similarity[i][j] = similarity[j][i] = std::exp(-std::sqrt(sum) * gamma);
    }
  std::vector<float> nearest(rows, 0.0F);
  const auto gain_of = [&](std::size_t row) {
    double gain = 0;
    for (std::size_t i = 0; i < rows; ++i)
      if (similarity[i][row] > nearest[i])
        gain += static_cast<double>(similarity[i][row] - nearest[i]);
    return gain;
  };
  std::priority_queue<std::pair<double, std::size_t>> heap;
  for (std::size_t row = 0; row < rows; ++row) heap.emplace(gain_of(row), row);
  selection::Selection selection;
  selection.gain.emplace();
  while (selection.row.size() < picks) {
    const std::size_t row = heap.top().second;
    heap.pop();
    const double gain = gain_of(row);
    if (!heap.empty() && gain < heap.top().first) {
      heap.emplace(gain, row);
      continue;
    }
    for (std::size_t i = 0; i < rows; ++i) nearest[i] = std::max(nearest[i], similarity[i][row]);
    selection.row.push_back(row);
    selection.gain->push_back(gain);
  }
  return selection;
}

nlohmann::json run(const mpi::Communicator& world, const std::vector<std::string>& argument) {
  std::ifstream file(argument.at(1), std::ios::binary);
  const auto values = read<float>(file, std::filesystem::file_size(argument.at(1)) / sizeof(float));
  const std::size_t dimension = std::stoull(argument.at(2));
  const std::size_t picks = std::stoull(argument.at(3));
  const selection::FacilityRule rule{
      argument.at(4) == "published" ? selection::FacilitySimilarity::published
                                    : selection::FacilitySimilarity::cosine,
      argument.at(5) == "published" ? selection::FacilityTies::published
                                    : selection::FacilityTies::smallest_row};
  const std::size_t rows = values.size() / dimension;
  const core::RowRange share = core::block_range(rows, static_cast<std::uint64_t>(world.size()),
                                                 static_cast<std::uint64_t>(world.rank()));
  std::vector<core::RowId> own(share.size());
  std::iota(own.begin(), own.end(), share.begin);
  const auto own_values =
      std::span(values).subspan(share.begin * dimension, share.size() * dimension);

  selection::Selection selection;
  const double seconds = seconds_of(world, [&] {
    selection = argument.at(6) == "peer"
                    ? peer({values, dimension}, rows, picks)
                    : selection::facility_location_mpi(
                          world, {own, {}, {}, {own_values, dimension}}, rule, picks);
  });
  return {{"rows", selection.row}, {"gains", *selection.gain}, {"seconds", seconds}};
}

}  // namespace

int main(int argc, char** argv) { return winnow::run_driver(argc, argv, run); }
