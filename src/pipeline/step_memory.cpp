#include "pipeline/step_memory.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "selection/cosine_bounds.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

constexpr double kMebibyte = 1 << 20;
/// Row id, gain, score and diversity of a pick, on every rank.
constexpr double kBytesPerPick = 32;
/// Three n-grams of 16 bytes as they are read and 20 as they are kept, a little more while they are
/// sorted (tfidf/document_terms.hpp, weighted_rows.hpp).
constexpr double kTfidfBytesPerWord = 105;
/// A shingle as it is read and, twice while it grows, as it is kept, and a row's buckets.
constexpr double kShingleBytesPerWord = 30;
/// Vectors that travel or are looked at together, several times over.
constexpr double kBlock = 1024;
constexpr double kBlockCopies = 4;

struct Extent {
  double rows = 0;  ///< of this rank
  double all = 0;
  double picks = 0;
  double ranks = 1;
  double dimension = 0;
  double words = 0;  ///< of this rank
};

double bytes_for(const SelectionStep& step, const Extent& e) {
  const double vectors = 4 * e.rows * e.dimension;
  const double block = kBlockCopies * kBlock * 4 * e.dimension;
  const auto form = selection::fastest_form(static_cast<std::size_t>(e.dimension));
  // As it is, and for bounds.
  const double kept_vector = static_cast<double>(4 + element_bytes(form)) * e.dimension;
  const double clusters = step.clusters == 0 ? e.picks : static_cast<double>(step.clusters);
  switch (method_of(step).algorithm) {
    case Algorithm::similarity_filter:
      return vectors + block + kept_vector * e.picks / e.ranks;
    case Algorithm::facility_location:
      // As they are read, prepared, and as columns; and the shortest lists while they grow.
      return 6 * vectors + 24 * e.all;
    case Algorithm::k_center:
      return vectors + block + kept_vector * std::min(e.picks, std::max(e.rows / 2, kBlock));
    case Algorithm::clusters:
    case Algorithm::cherry_sample:
      return 2 * vectors + 30 * clusters * e.dimension;
    case Algorithm::tfidf_greedy:
    case Algorithm::bipartite_greedy:
      return kTfidfBytesPerWord * e.words;
    case Algorithm::near_duplicates:
      return step.by == "embedding" ? vectors + block + kept_vector * e.picks / e.ranks
                                    : kShingleBytesPerWord * e.words;
    default:
      return 0;
  }
}

double words_of(const Context& context, const SelectionStep& step, const Pool& rows) {
  if (rows.empty()) return 0;
  const core::RowRange range{rows.front(), rows.back() + 1};
  const store::RowTable table = store::IndexReader(context.folder.index()).read(range);
  const bool by_instruction =
      method_of(step).algorithm != Algorithm::tfidf_greedy && step.text == "instruction";
  double words = 0;
  for (const core::RowId row : rows) {
    const std::size_t i = row - range.begin;
    words += by_instruction ? table.instruction_words[i] : table.response_words[i];
    if (step.text == "all") words += table.instruction_words[i];
  }
  return words;
}

}  // namespace

std::uint64_t check_memory(const Context& context, const IndexedData& data,
                           const SelectionStep& step, const Candidates& candidates,
                           std::uint64_t amount) {
  if (context.job.memory == 0) return std::numeric_limits<std::uint64_t>::max();
  const mpi::Communicator& ranks = context.communicator;
  const double needed = mpi::agree_on(ranks, [&] {
    Extent extent;
    extent.rows = static_cast<double>(candidates.row.size());
    extent.all = static_cast<double>(candidates.eligible);
    extent.ranks = ranks.size();
    extent.picks =
        static_cast<double>(is_in_tokens(step) ? candidates.eligible : std::min(amount, data.rows));
    extent.words = words_of(context, step, candidates.row);
    if (needs_embedding(step))
      extent.dimension =
          static_cast<double>(store::ScoreFileReader(context.folder.scores())
                                  .embedding_dimension(embedding_scorer(context.job, step)));
    return kBytesPerPick * extent.picks + bytes_for(step, extent);
  });
  const double most = mpi::max(ranks, needed);
  return mpi::agree_on(ranks, [&] {
    if (most <= static_cast<double>(context.job.memory))
      return context.job.memory - static_cast<std::uint64_t>(most);
    throw core::UsageError(fmt::format(
        "{}: {} on {} rows needs about {:.0f} MiB on each of {} ranks, `memory` of the job allows "
        "{:.0f} MiB: expected more ranks, fewer rows, or more memory",
        step.place, step.method, candidates.eligible, std::max(1.0, most / kMebibyte), ranks.size(),
        static_cast<double>(context.job.memory) / kMebibyte));
  });
}

}  // namespace winnow::pipeline
