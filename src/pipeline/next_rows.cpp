#include "pipeline/next_rows.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "pipeline/method.hpp"
#include "pipeline/not_covered.hpp"
#include "selection/kept_vectors.hpp"
#include "selection/ranking.hpp"
#include "selection/similarity.hpp"

namespace winnow::pipeline {
namespace {

/// Rows whose vectors are held at a time.
constexpr std::size_t kBlock = 1024;

/// The rows behind the last pick, in the order of the step's numbers.
Pool behind_the_picks(const StepView& view) {
  selection::Position last;
  for (const core::RowId row : view.kept)
    last = std::max(last, position_of(view, place_in(view.candidates.row, row)));
  std::vector<std::size_t> behind;
  for (std::size_t i = 0; i < view.candidates.row.size(); ++i)
    if (last < position_of(view, i)) behind.push_back(i);
  std::ranges::sort(behind, {}, [&](std::size_t i) { return position_of(view, i); });
  Pool rows;
  for (const std::size_t i : behind) rows.push_back(view.candidates.row[i]);
  return rows;
}

/// The vectors of rows in any order, in that order.
RowVectors vectors_in_order(const FinishedRun& run, const std::string& scorer,
                            std::span<const core::RowId> rows) {
  Pool sorted(rows.begin(), rows.end());
  std::ranges::sort(sorted);
  const RowVectors read = read_vectors(run.folder(), scorer, sorted);
  RowVectors vectors{{}, read.dimension};
  for (const core::RowId row : rows) {
    const std::span<const float> vector = read.view()[place_in(sorted, row)];
    vectors.values.insert(vectors.values.end(), vector.begin(), vector.end());
  }
  return vectors;
}

/// Those of `rows`, in order, that are too similar neither to a pick nor to one of them.
Pool dissimilar(const FinishedRun& run, const StepView& view, const Pool& rows, std::size_t most) {
  const std::string scorer = embedding_scorer(run.job(), view.step);
  const RowVectors picked = read_vectors(run.folder(), scorer, view.kept);
  selection::SimilarityFilter filter(picked.dimension, view.step.max_cosine_similarity);
  std::vector<unsigned char> marks(view.kept.size());
  static_cast<void>(filter.keep(picked.view(), selection::norms(picked.view()), marks));
  Pool found;
  for (std::size_t begin = 0; begin < rows.size() && found.size() < most; begin += kBlock) {
    const std::span<const core::RowId> block =
        std::span(rows).subspan(begin, std::min(kBlock, rows.size() - begin));
    marks.assign(block.size(), 0);
    const RowVectors vectors = vectors_in_order(run, scorer, block);
    for (const std::size_t place :
         filter.keep(vectors.view(), selection::norms(vectors.view()), marks))
      found.push_back(block[place]);
  }
  found.resize(std::min(found.size(), most));
  return found;
}

/// What a larger budget adds to the list.
Pool behind(const Pool& list, std::size_t picks) {
  return {list.begin() + static_cast<std::ptrdiff_t>(picks), list.end()};
}

}  // namespace

Pool next_rows(const FinishedRun& run, const StepView& view, std::size_t most) {
  const std::size_t picks = view.kept.size();
  const std::size_t more = std::min(view.candidates.row.size(), picks + most);
  const Algorithm algorithm = method_of(view.step).algorithm;
  if (algorithm == Algorithm::random)
    return behind(selection::random_subset(view.candidates.row, view.step.seed, {}, more).row,
                  picks);
  if (algorithm == Algorithm::tag_cover) return behind(cover_again(run, view, more).row, picks);
  if (!is_ordered_by_number(view) || view.step.take == "middle") return {};
  Pool rows = behind_the_picks(view);
  if (algorithm == Algorithm::similarity_filter) return dissimilar(run, view, rows, most);
  rows.resize(std::min(rows.size(), most));
  return rows;
}

}  // namespace winnow::pipeline
