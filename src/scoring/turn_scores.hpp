#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/sample.hpp"
#include "scoring/answer_loss.hpp"
#include "scoring/block_scores.hpp"
#include "scoring/model_tasks.hpp"
#include "scoring/scoring_options.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// Deita's scores (evol_score.hpp) of the user turns of a block's rows, while they are gathered.
/// Must outlive the tasks that it adds.
class TurnScores {
 public:
  TurnScores(const tokenizer::Tokenizer& tokenizer, const ScoringOptions& options,
             std::size_t rows);
  TurnScores(const TurnScores&) = delete;
  TurnScores& operator=(const TurnScores&) = delete;

  /// True if such a score is asked for.
  [[nodiscard]] bool is_asked() const { return complexity_.is_asked || quality_.is_asked; }
  /// Adds the row's prompts to the tasks; rows in ascending order, bad ones left out.
  void add_row(std::size_t row, const data::Sample& sample, ModelTasks& tasks);
  /// When the tasks have run: the turns' columns, and the rows' sums of them, which are undefined
  /// as soon as one turn is, or where a row has no turn (`bad_row`).
  void add_columns(BlockScores& scores) const;

 private:
  struct Kind {
    const char* name;
    const char* status_name;
    bool is_asked;
    std::vector<Score> turns = {};
  };
  void add_turn(Kind& kind, const std::string& prompt, ModelTasks& tasks);
  void add_column(const Kind& kind, BlockScores& scores) const;

  const tokenizer::Tokenizer& tokenizer_;
  const ScoringOptions& options_;
  std::vector<std::uint32_t> turns_of_rows_;
  Kind complexity_;
  Kind quality_;
};

}  // namespace winnow::scoring
