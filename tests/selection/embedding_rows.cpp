// embedding_rows FILE DIMENSION SCORES similarity_filter THRESHOLD
// embedding_rows FILE DIMENSION SCORES similarity_filter_in_floats THRESHOLD   (one rank)
// embedding_rows FILE DIMENSION SCORES k_center PICKS
// A selection of the float32 vectors in FILE, with the float64 scores in SCORES, each rank with its
// share of them; prints rows and seconds as JSON.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "driver.hpp"
#include "selection/k_center_mpi.hpp"
#include "selection/similarity_filter_mpi.hpp"

namespace {

using namespace winnow;

/// A file of nothing but such values.
template <class T>
std::vector<T> values_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return read<T>(file, std::filesystem::file_size(path) / sizeof(T));
}

nlohmann::json run(const mpi::Communicator& world, const std::vector<std::string>& argument) {
  const auto values = values_of<float>(argument.at(1));
  const std::size_t dimension = std::stoull(argument.at(2));
  const auto scores = values_of<double>(argument.at(3));
  const core::RowRange share =
      core::block_range(scores.size(), static_cast<std::uint64_t>(world.size()),
                        static_cast<std::uint64_t>(world.rank()));
  std::vector<core::RowId> own(share.size());
  std::iota(own.begin(), own.end(), share.begin);
  const auto own_scores = std::span(scores).subspan(share.begin, share.size());
  const selection::Vectors vectors =
      selection::Vectors{values, dimension}.range(share.begin, share.size());

  const std::string& method = argument.at(4);
  const selection::ScoredVectors scored{own, own_scores, {}, vectors};
  selection::Selection selection;
  const double seconds = seconds_of(world, [&] {
    if (method == "k_center")
      selection =
          selection::k_center_mpi(world, {own, {}, vectors}, 0, std::stoull(argument.at(5)));
    else if (method == "similarity_filter")
      selection =
          selection::similarity_filter_mpi(world, scored, std::stod(argument.at(5)), scores.size());
    else
      selection = selection::similarity_filter(scored, std::stod(argument.at(5)), scores.size(),
                                               selection::BoundForm::floats);
  });
  return {{"rows", selection.row}, {"seconds", seconds}};
}

}  // namespace

int main(int argc, char** argv) { return winnow::run_driver(argc, argv, run); }
