#include "selection/kmeans_seeding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "core/random.hpp"
#include "core/tile_product.hpp"
#include "core/vector_clones.hpp"
#include "selection/fixed_point.hpp"
#include "selection/squared_distance.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint64_t kSeedingStage = 0x6b6d65616e73ULL;  // "kmeans"

/// floor(word * below / 2^64): a number below `below`.
std::uint64_t scaled_word(std::uint64_t word, std::uint64_t below) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(word) * below) >> 64U);
}

/// A place among the rows of all processes.
struct Place {
  std::size_t process = 0;
  std::uint64_t within = 0;  ///< what is left of the number that was looked up
};

/// Where `target` falls when the processes' amounts are laid end to end.
Place find_place(std::span<const std::uint64_t> amounts, std::uint64_t target) {
  Place place{0, target};
  while (place.within >= amounts[place.process]) place.within -= amounts[place.process++];
  return place;
}

/// A row that a trial would bring nearer to a centroid.
struct Nearer {
  std::size_t row = 0;
  double squared_distance = 0;
};

/// Whether any of the rows of a panel may be nearer to a candidate than `slack` says: a row's slack
/// is the part of the estimated distance less its present distance that is its own.
WINNOW_VECTOR_CLONES bool any_nearer(const float* product, const double* slack, double norm) {
  int nearer = 0;
  for (std::size_t lane = 0; lane < core::kTileColumns; ++lane)
    nearer |= slack[lane] + norm - 2 * static_cast<double>(product[lane]) >= 0 ? 0 : 1;
  return nearer != 0;
}

/// The seeding's state over the rows of this process.
class Seeding {
 public:
  Seeding(const Vectors& rows, const VectorPanels& panels, const Exchange& exchange)
      : rows_(rows),
        panels_(panels),
        exchange_(exchange),
        distance_(panels.rows(), std::numeric_limits<double>::infinity()),
        weight_(panels.rows()),
        slack_(core::filled_up_to_tiles(panels.rows()), kNever) {}

  std::vector<double> draw(std::size_t clusters, std::uint64_t seed) {
    const std::uint64_t own = panels_.rows();
    std::vector<std::uint64_t> amounts = exchange_.gather(std::span(&own, 1));
    const std::uint64_t rows = std::accumulate(amounts.begin(), amounts.end(), std::uint64_t{0});
    std::vector<double> centroids;
    if (rows == 0) return centroids;
    std::uint64_t draws = 0;
    const auto next_word = [&] { return core::random_word(seed, kSeedingStage, draws++); };

    const Place first = find_place(amounts, scaled_word(next_word(), rows));
    const std::vector<Place> first_place{first};
    append(centroids, fetch(first_place, [](std::uint64_t within) { return within; }));
    amounts = start(centroids, rows);

    const auto trials = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters)));
    for (std::size_t c = 1; c < clusters; ++c) {
      const std::uint64_t potential =
          std::accumulate(amounts.begin(), amounts.end(), std::uint64_t{0});
      if (potential == 0) break;
      std::vector<Place> places;
      for (std::size_t t = 0; t < trials; ++t)
        places.push_back(find_place(amounts, scaled_word(next_word(), potential)));
      const std::vector<float> candidates =
          fetch(places, [&](std::uint64_t within) { return row_at(within); });
      const std::vector<std::vector<Nearer>> nearer = try_out(candidates);
      const std::size_t best = take_best(nearer, amounts);
      append(centroids, std::span(candidates).subspan(best * rows_.dimension, rows_.dimension));
    }
    return centroids;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  static void append(std::vector<double>& centroids, std::span<const float> row) {
    centroids.insert(centroids.end(), row.begin(), row.end());
  }

  /// The rows at these places, from the processes that hold them. `row_of` says which row a place
  /// of this process is. [places, dimension]
  template <class RowOf>
  std::vector<float> fetch(std::span<const Place> places, RowOf row_of) const {
    std::vector<float> own;
    for (const Place& place : places)
      if (place.process == exchange_.process) {
        const std::span<const float> row = rows_[row_of(place.within)];
        own.insert(own.end(), row.begin(), row.end());
      }
    const std::vector<float> gathered = exchange_.gather(std::span<const float>(own));
    std::vector<std::size_t> order(places.size());  // of the rows in `gathered`
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return places[i].process; });
    std::vector<float> rows(gathered.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      std::copy_n(gathered.begin() + static_cast<std::ptrdiff_t>(i * rows_.dimension),
                  rows_.dimension,
                  rows.begin() + static_cast<std::ptrdiff_t>(order[i] * rows_.dimension));
    return rows;
  }

  /// The row in which the running sum of weights passes `target`.
  [[nodiscard]] std::size_t row_at(std::uint64_t target) const {
    std::size_t row = 0;
    while (target >= weight_[row]) target -= weight_[row++];
    return row;
  }

  void set_distance(std::size_t row, double squared_distance) {
    distance_[row] = squared_distance;
    weight_[row] = static_cast<std::uint64_t>(units_.encode(squared_distance));
    const double norm = panels_.squared_norms()[row];
    slack_[row] =
        weight_[row] == 0 ? kNever : norm - panels_.distance_error(norm) - squared_distance;
  }

  /// Distances to the first centroid: each process's sum of weights.
  std::vector<std::uint64_t> start(std::span<const double> centroid, std::uint64_t rows) {
    double largest = 0;
    for (std::size_t row = 0; row < panels_.rows(); ++row) {
      distance_[row] = squared_distance(rows_[row], centroid);
      largest = std::max(largest, distance_[row]);
    }
    units_ = FixedPoint(exchange_.max(largest), rows);
    for (std::size_t row = 0; row < panels_.rows(); ++row) set_distance(row, distance_[row]);
    const std::uint64_t own = std::accumulate(weight_.begin(), weight_.end(), std::uint64_t{0});
    return exchange_.gather(std::span(&own, 1));
  }

  /// Which rows each candidate would bring nearer.
  [[nodiscard]] std::vector<std::vector<Nearer>> try_out(std::span<const float> candidates) const {
    const std::size_t dimension = rows_.dimension;
    const std::size_t trials = candidates.size() / dimension;
    std::vector<float> centred(candidates.begin(), candidates.end());
    for (std::size_t i = 0; i < centred.size(); ++i) centred[i] -= panels_.centre()[i % dimension];
    std::vector<double> exact, norm;
    append(exact, candidates);
    for (std::size_t t = 0; t < trials; ++t) {
      const double squares = squared_norm(std::span(centred).subspan(t * dimension, dimension));
      norm.push_back(squares - panels_.distance_error(squares));
    }
    std::vector<float> products(trials * core::kTileColumns);
    std::vector<std::vector<Nearer>> nearer(trials);
    for (std::size_t begin = 0; begin < panels_.rows(); begin += core::kTileColumns) {
      core::multiply({centred.data(), dimension}, panels_[begin / core::kTileColumns], trials,
                     dimension, core::kTileColumns, {products.data(), core::kTileColumns});
      const std::size_t end = std::min(begin + core::kTileColumns, panels_.rows());
      for (std::size_t t = 0; t < trials; ++t) {
        const float* const product = products.data() + t * core::kTileColumns;
        if (!any_nearer(product, slack_.data() + begin, norm[t])) continue;
        for (std::size_t row = begin; row < end; ++row) {
          if (slack_[row] + norm[t] - 2 * static_cast<double>(product[row - begin]) >= 0) continue;
          const double distance =
              squared_distance(rows_[row], std::span(exact).subspan(t * dimension, dimension));
          if (distance < distance_[row]) nearer[t].push_back({row, distance});
        }
      }
    }
    return nearer;
  }

  /// Takes the trial that leaves least; `amounts` become what is left.
  std::size_t take_best(std::span<const std::vector<Nearer>> nearer,
                        std::span<std::uint64_t> amounts) {
    std::vector<std::uint64_t> own_gain;
    for (const std::vector<Nearer>& trial : nearer) {
      std::uint64_t gain = 0;
      for (const Nearer& each : trial)
        gain +=
            weight_[each.row] - static_cast<std::uint64_t>(units_.encode(each.squared_distance));
      own_gain.push_back(gain);
    }
    const std::vector<std::uint64_t> gains =
        exchange_.gather(std::span<const std::uint64_t>(own_gain));
    std::vector<std::uint64_t> gain(nearer.size());
    for (std::size_t i = 0; i < gains.size(); ++i) gain[i % nearer.size()] += gains[i];
    const auto best = static_cast<std::size_t>(std::ranges::max_element(gain) - gain.begin());
    for (std::size_t process = 0; process < amounts.size(); ++process)
      amounts[process] -= gains[process * nearer.size() + best];
    for (const Nearer& each : nearer[best]) set_distance(each.row, each.squared_distance);
    return best;
  }

  const Vectors& rows_;
  const VectorPanels& panels_;
  const Exchange& exchange_;
  FixedPoint units_{0, 0};
  std::vector<double> distance_;       ///< of each row to its nearest centroid, squared
  std::vector<std::uint64_t> weight_;  ///< the same in units
  std::vector<double> slack_;          ///< see any_nearer; kNever: no candidate brings it nearer
};

}  // namespace

std::vector<double> kmeans_seeds(const Vectors& rows, const VectorPanels& panels,
                                 std::size_t clusters, std::uint64_t seed,
                                 const Exchange& exchange) {
  return Seeding(rows, panels, exchange).draw(clusters, seed);
}

}  // namespace winnow::selection
