#include "scoring/generate_block.hpp"

#include <memory>
#include <utility>

namespace winnow::scoring {

AnsweringWork prepare_answers(const RowAnswerer& answerer, const RowBlock& block) {
  const auto answers = std::make_shared<SampleAnswers>(answerer);
  for (std::size_t i = 0; i < block.rows.size(); ++i) {
    if (block.rows[i])
      answers->add(block.first_row + i, *block.rows[i]);
    else
      answers->add_bad_row();
  }
  return [answers, header = block.header] {
    AnsweredSamples answered = answers->run();
    return GeneratedBlock{{header, std::move(answered.replies)}, answered.cost};
  };
}

}  // namespace winnow::scoring
