#include "pipeline/numbers.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "selection/expression.hpp"
#include "store/index_file.hpp"
#include "store/schema.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

constexpr const char* kEvolScore = "evol_score";
constexpr const char* kTokens = "n_tokens";

/// The datasets of numbers that a scorer's group has.
std::vector<std::string> given_by(const Scorer& scorer) {
  if (scorer.imported)
    return {scorer.imported->as == "tags" ? std::string(store::score::kNTags.name)
                                          : scorer.imported->as};
  const ModelScorer& model = *scorer.model;
  std::vector<std::string> names;
  if (counts_tokens(model)) names.emplace_back(kTokens);
  if (needs_answer(model))
    for (const char* name : {"nll_cond_sum", "n_cond", "ppl_cond"}) names.emplace_back(name);
  if (needs_direct(model))
    for (const char* name : {"nll_direct_sum", "n_direct", "ppl_direct", "ifd_ppl", "ifd_loss"})
      names.emplace_back(name);
  if (asks_for(model, "instruction_ppl"))
    for (const char* name : {"nll_instruction_sum", "n_instruction", "instruction_ppl"})
      names.emplace_back(name);
  for (const char* name : {"evol_complexity", "evol_quality"})
    if (asks_for(model, name)) names.emplace_back(name);
  if (asks_for(model, "tags")) names.emplace_back(store::score::kNTags.name);
  return names;
}

bool is_count(const std::string& name) {
  return name == kTokens || name == "n_cond" || name == "n_direct" || name == "n_instruction";
}

Numbers of_rows(const RunFolder& folder, const std::string& name, core::RowRange range) {
  const store::IndexReader index(folder.index());
  const store::RowTable rows = index.read(range);
  Numbers numbers;
  numbers.status = index.read_status(range);
  if (name == "row") {
    for (core::RowId row = range.begin; row < range.end; ++row)
      numbers.value.push_back(static_cast<double>(row));
    return numbers;
  }
  const std::vector<std::uint32_t>& column = name == "instruction_words" ? rows.instruction_words
                                             : name == "response_words"  ? rows.response_words
                                             : name == "turns"           ? rows.turns
                                                                         : rows.byte_length;
  numbers.value.assign(column.begin(), column.end());
  return numbers;
}

/// Only a row that the template cannot write down has no tokens.
Numbers of_tokens(const RunFolder& folder, const std::string& scorer, core::RowRange range) {
  const auto counts = store::ScoreFileReader(folder.scores()).read_counts(scorer, kTokens, range);
  Numbers numbers{{counts.begin(), counts.end()},
                  store::IndexReader(folder.index()).read_status(range)};
  for (std::size_t row = 0; row < counts.size(); ++row)
    if (counts[row] == 0 && numbers.status[row] == ScoreStatus::ok)
      numbers.status[row] = ScoreStatus::template_refused;
  return numbers;
}

Numbers of_scorer(const store::ScoreFileReader& scores, const StoredNumber& stored,
                  core::RowRange range) {
  if (!is_count(stored.name)) {
    auto column = scores.read_score(stored.scorer, stored.name, range);
    return {std::move(column.values), std::move(column.status)};
  }
  const auto counts = scores.read_counts(stored.scorer, stored.name, range);
  Numbers numbers;
  numbers.value.assign(counts.begin(), counts.end());
  const std::string counted = stored.name == "n_cond"     ? "ppl_cond"
                              : stored.name == "n_direct" ? "ppl_direct"
                                                          : "instruction_ppl";
  numbers.status = scores.read_status(stored.scorer, counted, range);
  return numbers;
}

/// Deita's final score: the sum over a row's turns of complexity x quality. Imported numbers are
/// one of each per row.
Numbers evol_score(const store::ScoreFileReader& scores, const StoredNumber& complexity,
                   const StoredNumber& quality, core::RowRange range) {
  const Numbers c = of_scorer(scores, complexity, range);
  const Numbers q = of_scorer(scores, quality, range);
  const bool has_turns = scores.has_turns(complexity.scorer);
  if (scores.has_turns(quality.scorer) != has_turns)
    throw core::UsageError(
        fmt::format("evol_score: scorer {} has a number per turn and {} one per "
                    "row: expected both alike",
                    has_turns ? complexity.scorer : quality.scorer,
                    has_turns ? quality.scorer : complexity.scorer));
  Numbers numbers;
  for (std::size_t row = 0; row < range.size(); ++row) {
    numbers.status.push_back(c.status[row] != ScoreStatus::ok ? c.status[row] : q.status[row]);
    numbers.value.push_back(c.value[row] * q.value[row]);
  }
  if (!has_turns) return numbers;
  const auto c_turns = scores.read_turns(complexity.scorer, complexity.name, range);
  const auto q_turns = scores.read_turns(quality.scorer, quality.name, range);
  if (c_turns.row_offsets != q_turns.row_offsets)
    throw core::ModelError(
        fmt::format("scores.h5: damaged: scorers {} and {} have different turns for rows {} to {}",
                    complexity.scorer, quality.scorer, range.begin, range.end));
  for (std::size_t row = 0; row < range.size(); ++row) {
    numbers.value[row] = 0;
    for (std::uint64_t turn = c_turns.row_offsets[row]; turn < c_turns.row_offsets[row + 1]; ++turn)
      numbers.value[row] += c_turns.scores.values[turn] * q_turns.scores.values[turn];
  }
  return numbers;
}

}  // namespace

StoredNumber token_count(const std::string& scorer) { return {scorer, kTokens}; }

NumberNames::NumberNames(const Job& job, std::string preferred) : preferred_(std::move(preferred)) {
  for (const char* name : {"bytes", "instruction_words", "response_words", "row", "turns"})
    entries_.push_back({name, {"", name}});
  for (const Scorer& scorer : job.scorers)
    for (const std::string& name : given_by(scorer)) {
      const std::string written = selection::expression_name(name);
      entries_.push_back({written, {scorer.name, name}});
      entries_.push_back(
          {selection::expression_name(scorer.name) + "." + written, {scorer.name, name}});
    }
}

std::vector<StoredNumber> NumberNames::givers(const std::string& name) const {
  std::vector<StoredNumber> found;
  for (const Entry& entry : entries_)
    if (entry.name == name) found.push_back(entry.number);
  const auto preferred = std::ranges::find(found, preferred_, &StoredNumber::scorer);
  if (found.size() > 1 && preferred != found.end()) return {*preferred};
  return found;
}

bool NumberNames::has(const std::string& name) const {
  if (!givers(name).empty()) return true;
  return name == kEvolScore && !givers("evol_complexity").empty() &&
         !givers("evol_quality").empty();
}

std::vector<std::string> NumberNames::all() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  if (has(kEvolScore)) names.emplace_back(kEvolScore);
  std::ranges::sort(names);
  const auto repeats = std::ranges::unique(names);
  names.erase(repeats.begin(), repeats.end());
  return names;
}

std::vector<StoredNumber> NumberNames::find(const std::string& place,
                                            const std::string& name) const {
  const auto only = [&](const std::string& asked) -> StoredNumber {
    const std::vector<StoredNumber> found = givers(asked);
    if (found.empty()) {
      std::vector<std::string> given;
      for (const Entry& entry : entries_)
        if (!entry.number.scorer.empty() && entry.name.find('.') == std::string::npos)
          given.push_back(entry.name);
      throw core::UsageError(
          fmt::format("{} needs {}, which no scorer of this job gives ({})", place, asked,
                      given.empty() ? "it has none: expected a model: or scorers: section"
                                    : fmt::format("they give {}", fmt::join(given, ", "))));
    }
    if (found.size() == 1) return found.front();
    std::vector<std::string> written;
    if (asked.find('.') != std::string::npos) {
      for (const StoredNumber& number : found) written.push_back("'" + number.scorer + "'");
      throw core::UsageError(
          fmt::format("{}: {} is how the numbers of several scorers are written: expected "
                      "`scorer:` naming one of {}, and the number's bare name",
                      place, asked, fmt::join(written, ", ")));
    }
    for (const StoredNumber& number : found)
      written.push_back(fmt::format("'{}.{}'", selection::expression_name(number.scorer), asked));
    throw core::UsageError(
        fmt::format("{}: several scorers give {}: expected `scorer:` naming one, or one of {}",
                    place, asked, fmt::join(written, ", ")));
  };
  if (name == kEvolScore && givers(name).empty())
    return {only("evol_complexity"), only("evol_quality")};
  return {only(name)};
}

Numbers read_numbers(const RunFolder& folder, std::span<const StoredNumber> stored,
                     core::RowRange range) {
  if (stored.front().scorer.empty()) return of_rows(folder, stored.front().name, range);
  if (stored.front().name == kTokens) return of_tokens(folder, stored.front().scorer, range);
  const store::ScoreFileReader scores(folder.scores());
  return stored.size() == 2 ? evol_score(scores, stored[0], stored[1], range)
                            : of_scorer(scores, stored.front(), range);
}

}  // namespace winnow::pipeline
