#include "scoring/row_scores.hpp"

#include <limits>

#include "scoring/answer_loss.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double number_or_nan(double value, ScoreStatus status) {
  return status == ScoreStatus::ok ? value : kUndefined;
}
double number_or_nan(const Score& score) { return number_or_nan(score.value, score.status); }

template <class Value>
void add_column(Table& table, const char* name, const std::vector<RowScores>& rows, Value value) {
  auto& column = table.add<decltype(value(rows.front()))>(name);
  for (std::size_t i = 0; i < rows.size(); ++i) column[i] = value(rows[i]);
}

void add_sum(Table& table, const char* name, const std::vector<RowScores>& rows,
             double RowScores::*sum, ScoreStatus RowScores::*status) {
  add_column(table, name, rows,
             [=](const RowScores& row) { return number_or_nan(row.*sum, row.*status); });
}

template <class T>
void add_member(Table& table, const char* name, const std::vector<RowScores>& rows,
                T RowScores::*member) {
  add_column(table, name, rows, [=](const RowScores& row) { return row.*member; });
}

template <class T>
void read_member(const Table& table, const char* name, std::vector<RowScores>& rows,
                 T RowScores::*member) {
  const auto& values = table.get<T>(name);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = values[i];
}

std::vector<RowScores> read_losses(const Table& table) {
  std::vector<RowScores> rows(table.rows);
  read_member(table, "nll_cond_sum", rows, &RowScores::nll_cond_sum);
  read_member(table, "n_cond", rows, &RowScores::n_cond);
  read_member(table, "nll_direct_sum", rows, &RowScores::nll_direct_sum);
  read_member(table, "n_direct", rows, &RowScores::n_direct);
  read_member(table, "status_cond", rows, &RowScores::status_cond);
  read_member(table, "status_direct", rows, &RowScores::status_direct);
  return rows;
}

/// exp(sum / n) where the status is ok.
void add_perplexity(Table& table, const char* name, const char* sum, const char* n,
                    const char* status) {
  auto& column = table.add<double>(name);  // First: what is read moves when a column is added.
  const auto& sums = table.get<double>(sum);
  const auto& counts = table.get<std::uint32_t>(n);
  const auto& statuses = table.get<ScoreStatus>(status);
  for (std::size_t i = 0; i < column.size(); ++i)
    column[i] = number_or_nan(perplexity(sums[i], counts[i], statuses[i]));
}

}  // namespace

void add_columns(Table& table, const std::vector<RowScores>& rows, const ScoringOptions& options) {
  if (options.answer) {
    add_sum(table, "nll_cond_sum", rows, &RowScores::nll_cond_sum, &RowScores::status_cond);
    add_member(table, "n_cond", rows, &RowScores::n_cond);
    add_sum(table, "nll_direct_sum", rows, &RowScores::nll_direct_sum, &RowScores::status_direct);
    add_member(table, "n_direct", rows, &RowScores::n_direct);
    add_member(table, "status_cond", rows, &RowScores::status_cond);
    add_member(table, "status_direct", rows, &RowScores::status_direct);
  }
  if (options.instruction) {
    add_sum(table, "nll_instruction_sum", rows, &RowScores::nll_instruction_sum,
            &RowScores::status_instruction);
    add_member(table, "n_instruction", rows, &RowScores::n_instruction);
    add_member(table, "status_instruction_ppl", rows, &RowScores::status_instruction);
  }
  if (options.count_tokens) add_member(table, "n_tokens", rows, &RowScores::n_tokens);
}

void add_derived_columns(Table& table) {
  if (table.find("nll_cond_sum") != nullptr) {
    const std::vector<RowScores> rows = read_losses(table);
    add_perplexity(table, "ppl_cond", "nll_cond_sum", "n_cond", "status_cond");
    add_perplexity(table, "ppl_direct", "nll_direct_sum", "n_direct", "status_direct");
    add_column(table, "ifd_ppl", rows,
               [](const RowScores& row) { return number_or_nan(ifd_ppl(row)); });
    add_column(table, "ifd_loss", rows,
               [](const RowScores& row) { return number_or_nan(ifd_loss(row)); });
    add_column(table, "status_ifd", rows, [](const RowScores& row) { return ifd_status(row); });
  }
  if (table.find("nll_instruction_sum") != nullptr)
    add_perplexity(table, "instruction_ppl", "nll_instruction_sum", "n_instruction",
                   "status_instruction_ppl");
}

}  // namespace winnow::scoring
