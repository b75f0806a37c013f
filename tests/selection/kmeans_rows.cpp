// kmeans_rows IN OUT CLUSTERS SEED MAX_ITERATIONS TOLERANCE AMOUNT REPEATS
// Clusters the rows that kmeans_rows_file.py wrote and selects from the clusters: prints picks,
// seconds and sizes as JSON, writes each row's cluster and squared distance and the centroids.
#include <cstdint>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "driver.hpp"
#include "mpi/collectives.hpp"
#include "selection/cherry_sample_mpi.hpp"
#include "selection/cluster_picks_mpi.hpp"
#include "selection/kmeans_mpi.hpp"

namespace {

using namespace winnow;

template <class T>
void gather_to(std::ofstream& file, const mpi::Communicator& world, const std::vector<T>& values) {
  const std::vector<T> gathered = mpi::gather(world, std::span<const T>(values)).values;
  file.write(reinterpret_cast<const char*>(gathered.data()),
             static_cast<std::streamsize>(gathered.size() * sizeof(T)));
}

nlohmann::json run(const mpi::Communicator& world, const std::vector<std::string>& argument) {
  std::ifstream file(argument.at(1), std::ios::binary);
  const auto sizes = read<std::uint64_t>(file, 3);  // rows, dimension, first centroids
  const core::RowRange range = core::block_range(sizes[0], static_cast<std::uint64_t>(world.size()),
                                                 static_cast<std::uint64_t>(world.rank()));
  const auto all_values = read<float>(file, sizes[0] * sizes[1]);
  const auto all_perplexities = read<double>(file, sizes[0]);
  const auto initial = read<double>(file, sizes[2] * sizes[1]);
  const selection::Vectors vectors{
      std::span(all_values).subspan(range.begin * sizes[1], range.size() * sizes[1]), sizes[1]};
  std::vector<core::RowId> row(range.size());
  std::iota(row.begin(), row.end(), range.begin);
  const selection::KMeansOptions options{std::stoull(argument.at(3)), std::stoull(argument.at(4)),
                                         std::stoull(argument.at(5)), std::stod(argument.at(6))};
  const std::uint64_t amount = std::stoull(argument.at(7));

  selection::Clustering clustering;
  nlohmann::json seconds = nlohmann::json::array();
  for (int repeat = std::stoi(argument.at(8)); repeat > 0; --repeat) {
    seconds.push_back(seconds_of(
        world, [&] { clustering = selection::kmeans_mpi(world, vectors, options, initial); }));
  }

  const selection::Assignment& assignment = clustering.assignment;
  const selection::ClusteredRows rows{row, {}, assignment.cluster, assignment.squared_distance};
  const auto nearest =
      selection::nearest_to_centroids_mpi(world, rows, vectors, clustering.centroid, amount);
  const auto per_cluster = selection::per_cluster_mpi(world, rows, amount);
  const auto cherry = selection::cherry_sample_mpi(
      world,
      {row, assignment.cluster, std::span(all_perplexities).subspan(range.begin, range.size())},
      {});
  std::ofstream out;
  if (world.is_root()) out.open(argument.at(2), std::ios::binary);
  gather_to(out, world, assignment.cluster);
  gather_to(out, world, assignment.squared_distance);
  if (world.is_root())
    out.write(reinterpret_cast<const char*>(clustering.centroid.data()),
              static_cast<std::streamsize>(clustering.centroid.size() * sizeof(double)));
  return {{"clusters", clustering.centroid.size() / sizes[1]},
          {"iterations", clustering.iterations},
          {"inertia", clustering.inertia},
          {"seconds", seconds},
          {"nearest", nearest.row},
          {"per_cluster", per_cluster.row},
          {"cherry", cherry.row}};
}

}  // namespace

int main(int argc, char** argv) { return winnow::run_driver(argc, argv, run); }
