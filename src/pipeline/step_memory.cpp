#include "pipeline/step_memory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "selection/facility_location.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

constexpr double kMebibyte = 1 << 20;
/// Row id, gain, score and diversity of a pick, on every rank.
constexpr double kBytesPerPick = 32;
/// Three n-grams of 16 bytes as they are read and 20 as they are kept, a little more while they are
/// sorted (tfidf/document_terms.hpp, weighted_rows.hpp).
constexpr double kTfidfBytesPerWord = 130;
/// A shingle as it is read and, twice while it grows, as it is kept.
constexpr double kShingleBytesPerWord = 24;

struct Extent {
  double rows = 0;  ///< of this rank
  double all = 0;
  double picks = 0;
  double ranks = 1;
  double dimension = 0;
  double words = 0;  ///< of this rank
};

/// All similarities, or lists of some: of all ranks.
double facility_lists(const Extent& e) {
  const double lists = 8 * e.all * e.dimension;
  const auto given = static_cast<double>(selection::FacilityRule{}.list_bytes);
  return std::min(std::max(given, lists), 4 * e.all * e.all + lists);
}

double bytes_for(const SelectionStep& step, const Extent& e) {
  const double vectors = 4 * e.rows * e.dimension;
  const double clusters = step.clusters == 0 ? e.picks : static_cast<double>(step.clusters);
  switch (method_of(step).algorithm) {
    case Algorithm::similarity_filter:
      return vectors + 8 * e.dimension * (e.picks / e.ranks + 1024);
    case Algorithm::facility_location:
      return 3 * vectors + 16 * e.all + facility_lists(e) / e.ranks;
    case Algorithm::k_center:
      return vectors + 8 * e.dimension * (std::max(e.rows / 2, 1024.0) + 1024);
    case Algorithm::clusters:
    case Algorithm::cherry_sample:
      return 2 * vectors + 30 * clusters * e.dimension;
    case Algorithm::tfidf_greedy:
    case Algorithm::bipartite_greedy:
      return kTfidfBytesPerWord * e.words;
    case Algorithm::near_duplicates:
      return step.by == "embedding" ? vectors + 8 * e.dimension * e.rows
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

void check_memory(const Context& context, const IndexedData& data, const SelectionStep& step,
                  const Candidates& candidates, std::uint64_t amount) {
  if (context.job.memory == 0) return;
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
  mpi::agree_on(ranks, [&] {
    if (most <= static_cast<double>(context.job.memory)) return;
    throw core::UsageError(fmt::format(
        "{}: {} on {} rows needs about {:.0f} MiB on each of {} ranks, `memory` of the job allows "
        "{:.0f} MiB: expected more ranks, fewer rows, or more memory",
        step.place, step.method, candidates.eligible, std::max(1.0, most / kMebibyte), ranks.size(),
        static_cast<double>(context.job.memory) / kMebibyte));
  });
}

}  // namespace winnow::pipeline
