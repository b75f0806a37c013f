#pragma once

#include <string>

#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "pipeline/row_texts.hpp"
#include "tfidf/document_frequency.hpp"
#include "tfidf/weigh.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::pipeline {

/// The words that a row is known by, and what they weigh.
struct TermSource {
  RowText text = RowText::response;
  std::string end;       ///< put after every text (IterIT's EOS text where `faithful`)
  bool fit_all = false;  ///< fitted on all readable rows, not on the candidates alone
  tfidf::Weighting weighting = tfidf::Weighting::scikit_learn;
};

struct TextTfidf {
  tfidf::Fit fit;
  tfidf::WeightedRows rows;  ///< of this rank's candidates
};

/// Collective.
[[nodiscard]] TextTfidf vectorize_texts(Context& context, const IndexedData& data,
                                        const Candidates& candidates, const TermSource& terms);

/// Collective. The same, weighed as by scikit-learn, with the terms' texts and every fitted row
/// into tfidf.h5; memory for all of it on root.
/// @param key  what it is made from, for the file's `made_from`
void dump_tfidf(const Context& context, const IndexedData& data, const Candidates& candidates,
                const TermSource& terms, const std::string& key);

}  // namespace winnow::pipeline
