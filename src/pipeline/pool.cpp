#include "pipeline/pool.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "selection/expression_mpi.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

constexpr std::uint64_t kRowsAtOnce = 4096;

/// From the first row to behind the last one.
core::RowRange span_of(const Pool& rows) {
  return rows.empty() ? core::RowRange{0, 0} : core::RowRange{rows.front(), rows.back() + 1};
}

/// Calls visit(range, begin, end): rows[begin] to rows[end - 1] lie in the range.
template <typename Visit>
void for_each_range(const Pool& rows, Visit&& visit) {
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    while (end < rows.size() && rows[end] - rows[begin] < kRowsAtOnce) ++end;
    visit(core::RowRange{rows[begin], rows[end - 1] + 1}, begin, end);
    begin = end;
  }
}

}  // namespace

Pool all_rows(const Context& context, const IndexedData& data) {
  const core::RowRange mine = share_of(context.communicator, data.rows);
  Pool pool(mine.size());
  std::iota(pool.begin(), pool.end(), mine.begin);
  return pool;
}

EvaluatedNumbers evaluate(const Context& context, const std::string& place, const std::string& text,
                          selection::ExpressionKind kind, const std::string& scorer,
                          const Pool& pool) {
  const mpi::Communicator& ranks = context.communicator;
  const NumberNames names(context.job, scorer);
  const selection::Expression expression =
      mpi::agree_on(ranks, [&] { return selection::Expression(place, text, kind, names.all()); });
  const std::vector<Numbers> columns = mpi::agree_on(ranks, [&] {
    std::vector<Numbers> read;
    for (const std::string& name : expression.names())
      read.push_back(numbers_in(context.folder, names.find(place, name), pool));
    return read;
  });
  std::vector<selection::ExpressionColumn> inputs;
  for (const Numbers& column : columns) inputs.push_back({column.value, column.status});
  selection::ExpressionValues values =
      selection::evaluate_mpi(ranks, expression, pool.size(), inputs);
  const std::vector<ScoreStatus> rows =
      mpi::agree_on(ranks, [&] { return row_status(context.folder, pool); });
  for (std::size_t i = 0; i < pool.size(); ++i)
    if (rows[i] != ScoreStatus::ok) values.status[i] = rows[i];
  return {{std::move(values.value), std::move(values.status)}, std::move(values.aggregate)};
}

Numbers numbers_in(const RunFolder& folder, std::span<const StoredNumber> stored,
                   const Pool& pool) {
  const core::RowRange range = span_of(pool);
  const Numbers all = read_numbers(folder, stored, range);
  Numbers numbers;
  for (const core::RowId row : pool) {
    numbers.value.push_back(all.value[row - range.begin]);
    numbers.status.push_back(all.status[row - range.begin]);
  }
  return numbers;
}

std::vector<ScoreStatus> row_status(const RunFolder& folder, const Pool& pool) {
  const core::RowRange range = span_of(pool);
  const auto all = store::IndexReader(folder.index()).read_status(range);
  std::vector<ScoreStatus> status;
  for (const core::RowId row : pool) status.push_back(all[row - range.begin]);
  return status;
}

std::vector<ScoreStatus> status_in(const RunFolder& folder, const std::string& scorer,
                                   const std::string& score, const Pool& pool) {
  const core::RowRange range = span_of(pool);
  const auto all = store::ScoreFileReader(folder.scores()).read_status(scorer, score, range);
  std::vector<ScoreStatus> status;
  for (const core::RowId row : pool) status.push_back(all[row - range.begin]);
  return status;
}

RowVectors read_vectors(const RunFolder& folder, const std::string& scorer, const Pool& rows) {
  const store::ScoreFileReader scores(folder.scores());
  RowVectors vectors;
  vectors.dimension = scores.embedding_dimension(scorer);
  vectors.values.reserve(rows.size() * vectors.dimension);
  for_each_range(rows, [&](core::RowRange range, std::size_t begin, std::size_t end) {
    const std::vector<float> all = scores.read_embeddings(scorer, range);
    for (std::size_t i = begin; i < end; ++i) {
      const auto first =
          all.begin() + static_cast<std::ptrdiff_t>((rows[i] - range.begin) * vectors.dimension);
      vectors.values.insert(vectors.values.end(), first,
                            first + static_cast<std::ptrdiff_t>(vectors.dimension));
    }
  });
  return vectors;
}

RowTags read_tags(const RunFolder& folder, const std::string& scorer, const Pool& rows) {
  const store::ScoreFileReader scores(folder.scores());
  RowTags tags;
  tags.offset.push_back(0);
  for_each_range(rows, [&](core::RowRange range, std::size_t begin, std::size_t end) {
    const auto all = scores.read_tags(scorer, range);
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = rows[i] - range.begin;
      for (std::uint64_t t = all.row_offsets[row]; t < all.row_offsets[row + 1]; ++t)
        tags.tag.push_back(all.tags[t]);
      tags.offset.push_back(tags.tag.size());
    }
  });
  return tags;
}

}  // namespace winnow::pipeline
