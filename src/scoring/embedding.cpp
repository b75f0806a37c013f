#include "scoring/embedding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

constexpr float kUndefined = std::numeric_limits<float>::quiet_NaN();

std::vector<float> normalized(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) squares += double{value} * double{value};
  const double length = std::sqrt(squares);
  std::vector<float> result(values.size());
  std::ranges::transform(values, result.begin(),
                         [=](float value) { return static_cast<float>(value / length); });
  return result;
}

float stored_as(float value, float) { return value; }
core::Half stored_as(float value, core::Half) { return core::to_half(value); }

template <class T>
std::vector<T> stored(const RowEmbedding& row, const EmbeddingOptions& options) {
  const std::vector<float> values = options.normalize ? normalized(row.values) : row.values;
  std::vector<T> result;
  for (const float value : values) result.push_back(stored_as(value, T{}));
  return result;
}

template <class T>
Column embedding_column(std::span<const RowEmbedding> rows, std::uint32_t dimension,
                        const EmbeddingOptions& options, std::vector<ScoreStatus>& status) {
  std::vector<T> all;
  all.reserve(rows.size() * dimension);
  for (const RowEmbedding& row : rows) {
    status.push_back(row.status);
    if (row.status == ScoreStatus::ok) {
      core::check(row.values.size() == dimension, "an embedding is as long as the model is wide");
      const std::vector<T> values = stored<T>(row, options);
      if (std::ranges::all_of(values, [](T value) { return core::is_finite(value); })) {
        all.insert(all.end(), values.begin(), values.end());
        continue;
      }
      status.back() = ScoreStatus::non_finite;
    }
    all.insert(all.end(), dimension, stored_as(kUndefined, T{}));
  }
  return {"embedding", dimension, std::move(all)};
}

}  // namespace

void add_embedding_columns(Table& table, std::span<const RowEmbedding> rows,
                           std::uint32_t dimension, const EmbeddingOptions& options) {
  std::vector<ScoreStatus> status;
  table.columns.push_back(options.half
                              ? embedding_column<core::Half>(rows, dimension, options, status)
                              : embedding_column<float>(rows, dimension, options, status));
  table.add<ScoreStatus>("status_embedding") = std::move(status);
}

}  // namespace winnow::scoring
