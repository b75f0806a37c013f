#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "core/partition.hpp"

namespace winnow::selection {

/// Rows with scores and embeddings that lie near a few centres, some of them twice.
struct EmbeddedRows {
  std::size_t dimension;
  std::vector<core::RowId> row;
  std::vector<double> score;
  std::vector<std::uint32_t> cost;
  std::vector<float> values;

  EmbeddedRows(std::size_t rows, std::size_t width, double spread) : dimension(width) {
    std::mt19937_64 generator(rows * 1000 + width);
    std::normal_distribution<double> normal;
    std::vector<double> centres(20 * width);
    for (double& x : centres) x = normal(generator);
    for (std::size_t r = 0; r < rows; ++r) {
      row.push_back(3 * r);
      score.push_back(static_cast<double>(generator() % 50));
      cost.push_back(static_cast<std::uint32_t>(generator() % 40));
      const std::size_t centre = generator() % 20;
      const bool repeats = r > 0 && generator() % 10 == 0;
      for (std::size_t i = 0; i < width; ++i)
        values.push_back(
            repeats ? values[values.size() - width]
                    : static_cast<float>(centres[centre * width + i] + spread * normal(generator)));
    }
  }
};

}  // namespace winnow::selection
