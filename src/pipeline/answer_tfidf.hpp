#pragma once

#include <string>

#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "tfidf/document_frequency.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::pipeline {

struct AnswerTfidf {
  tfidf::Fit fit;
  tfidf::WeightedRows rows;  ///< of this rank's candidates
};

/// Collective. TF-IDF over answers, fitted on the candidates or on all readable rows (`tfidf.fit`).
/// @param end  text put after every answer (IterIT's EOS text where `faithful`)
[[nodiscard]] AnswerTfidf vectorize_answers(Context& context, const IndexedData& data,
                                            const Candidates& candidates, const std::string& end);

/// Collective. The same with the terms' texts and every fitted row into tfidf.h5; memory for all of
/// it on root.
/// @param key  what it is made from, for the file's `made_from`
void dump_tfidf(const Context& context, const IndexedData& data, const Candidates& candidates,
                const std::string& end, const std::string& key);

}  // namespace winnow::pipeline
