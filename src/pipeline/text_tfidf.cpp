#include "pipeline/text_tfidf.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/progress.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/row_source.hpp"
#include "store/tfidf_file.hpp"
#include "tfidf/document_terms.hpp"
#include "tfidf/dump_mpi.hpp"
#include "tfidf/vectorize_mpi.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1024;

/// Hands the text of every row that is fitted to `add`, in row order; returns those rows.
template <typename Add>
std::vector<core::RowId> for_each_text(const Context& context, const IndexedData& data,
                                       const Candidates& candidates, const TermSource& terms,
                                       Add&& add) {
  const core::RowRange mine = share_of(context.communicator, data.rows);
  RowSource source(context.folder, data.data_set);
  core::Progress progress(context.log, "tfidf", "rows", mine.size());
  std::vector<core::RowId> fitted;
  auto next = candidates.row.begin();
  for (core::RowRange range{mine.begin, mine.begin}; range.end < mine.end;) {
    const core::RowId done = range.end;
    range.begin = done;
    if (!terms.fit_all) {  // On to the next candidate.
      if (next == candidates.row.end()) break;
      range.begin = *next;
    }
    range.end = std::min(mine.end, range.begin + kRowsAtOnce);
    const auto samples = source.samples(range);
    for (core::RowId row = range.begin; row < range.end; ++row) {
      const bool is_candidate = next != candidates.row.end() && *next == row;
      if (is_candidate) ++next;
      if (!samples[row - range.begin] && is_candidate)
        throw core::ModelError(fmt::format(
            "{}: row {} is marked as bad, {} has a score for it: one of the two is damaged",
            context.folder.index().string(), row, context.folder.scores().string()));
      if (!samples[row - range.begin] || (!terms.fit_all && !is_candidate)) continue;
      const data::Sample& sample = *samples[row - range.begin];
      add(text_of_row(sample, terms.text) + terms.end);
      fitted.push_back(row);
    }
    if (context.communicator.is_root()) progress.advance(range.end - done);
  }
  return fitted;
}

/// The rows at `kept` (ascending positions), singletons included.
tfidf::WeightedRows keep_rows(const tfidf::WeightedRows& rows,
                              const std::vector<std::size_t>& kept) {
  tfidf::WeightedRows result;
  result.terms = rows.terms;
  result.row_begin.push_back(0);
  for (const std::size_t row : kept) {
    const auto begin = static_cast<std::ptrdiff_t>(rows.row_begin[row]);
    const auto end = static_cast<std::ptrdiff_t>(rows.row_begin[row + 1]);
    result.term.insert(result.term.end(), rows.term.begin() + begin, rows.term.begin() + end);
    result.weight.insert(result.weight.end(), rows.weight.begin() + begin,
                         rows.weight.begin() + end);
    result.row_begin.push_back(result.term.size());
    result.singleton_weight.push_back(rows.singleton_weight[row]);
  }
  return result;
}

}  // namespace

TextTfidf vectorize_texts(Context& context, const IndexedData& data, const Candidates& candidates,
                          const TermSource& source) {
  const mpi::Communicator& ranks = context.communicator;
  const StageTimer timer(context, "tfidf");
  tfidf::DocumentTerms terms;
  const std::vector<core::RowId> fitted = mpi::agree_on(ranks, [&] {
    return for_each_text(context, data, candidates, source,
                         [&](const std::string& text) { terms.add(text); });
  });
  tfidf::Vectorized vectorized = tfidf::vectorize(ranks, std::move(terms), source.weighting);
  TextTfidf result{vectorized.fit, std::move(vectorized.rows)};
  if (fitted.size() != candidates.row.size()) {
    std::vector<std::size_t> kept;
    auto next = fitted.begin();
    for (const core::RowId row : candidates.row) {
      next = std::lower_bound(next, fitted.end(), row);
      kept.push_back(static_cast<std::size_t>(next - fitted.begin()));
    }
    result.rows = keep_rows(result.rows, kept);
  }
  return result;
}

void dump_tfidf(const Context& context, const IndexedData& data, const Candidates& candidates,
                const TermSource& source, const std::string& key) {
  const mpi::Communicator& ranks = context.communicator;
  tfidf::DumpTerms terms;
  mpi::agree_on(ranks, [&] {
    (void)for_each_text(context, data, candidates, source,
                        [&](const std::string& text) { terms.add(text); });
  });
  const tfidf::Dump dump = tfidf::dump(ranks, std::move(terms));
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    store::write_tfidf(context.folder.tfidf(),
                       {dump.terms,
                        dump.df,
                        dump.row_begin,
                        dump.term,
                        dump.weight,
                        {{"tfidf_rows", dump.fit.documents},
                         {"tfidf_terms", dump.fit.terms},
                         {"tfidf_df_sum", dump.fit.df_sum},
                         {"fit", std::string(source.fit_all ? "all" : "eligible")},
                         {"ngram_range", std::string("1, 3")},
                         {kMadeFrom, key}}});
  });
}

}  // namespace winnow::pipeline
