#include "pipeline/row_shingles.hpp"

#include <string>

#include "pipeline/row_texts.hpp"
#include "selection/ranking.hpp"
#include "text/shingles.hpp"

namespace winnow::pipeline {

RowShingles shingles_of(const Context& context, const IndexedData& data, const SelectionStep& step,
                        const Pool& rows, const std::vector<double>& values) {
  RowShingles shingles;
  shingles.row = rows;
  shingles.key = values.empty() ? std::vector<std::uint64_t>(rows.size(), 0)
                                : selection::ranking_keys(values, selection::Direction::descending);
  text::ShingleScanner scanner(step.ngram);
  const RowText part = step.text == "response"      ? RowText::response
                       : step.text == "instruction" ? RowText::request
                                                    : RowText::conversation;
  for_each_text(context, data, rows, part, [&](const std::string& text) {
    const std::vector<std::uint64_t> found = scanner.distinct(text);
    shingles.shingle.insert(shingles.shingle.end(), found.begin(), found.end());
    shingles.offset.push_back(shingles.shingle.size());
  });
  return shingles;
}

selection::NearDuplicateRule near_duplicate_rule(const SelectionStep& step) {
  selection::NearDuplicateRule rule;
  rule.min_jaccard_similarity = step.min_jaccard_similarity;
  return rule;
}

}  // namespace winnow::pipeline
