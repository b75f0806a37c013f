#include "scoring/embed_block.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/checked_cast.hpp"
#include "scoring/batch_plan.hpp"
#include "scoring/embedding.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;
using Ids = std::vector<std::int32_t>;

std::string text_of(const data::Sample& sample, EmbeddedText text) {
  if (text == EmbeddedText::instruction) return sample.instruction;
  if (text == EmbeddedText::response) return sample.output;
  std::string all = sample.instruction;
  for (const std::string* part : {&sample.input, &sample.output})
    if (!part->empty()) all.append("\n").append(*part);
  return all;
}

/// The text's ids with what the tokenizer adds, at most max_length of them.
Ids encode(const RowEncoder& encoder, const std::string& text) {
  tokenizer::Encoding encoding = encoder.tokenizer.encode(text, /*add_special_tokens=*/true);
  Ids ids = std::move(encoding.ids);
  if (ids.size() <= encoder.options.max_length) return ids;
  std::size_t content_end = ids.size();
  while (content_end > 0 && encoding.begin[content_end - 1] == encoding.end[content_end - 1])
    --content_end;
  const std::size_t too_many = std::min(ids.size() - encoder.options.max_length, content_end);
  const auto cut_end = ids.begin() + static_cast<std::ptrdiff_t>(content_end);
  ids.erase(cut_end - static_cast<std::ptrdiff_t>(too_many), cut_end);
  return ids;
}

class BlockEmbedding {
 public:
  BlockEmbedding(const RowEncoder& encoder, const RowBlock& block)
      : encoder_(encoder), header_(block.header), embeddings_(block.rows.size()) {
    for (std::size_t row = 0; row < block.rows.size(); ++row) add_row(row, block.rows[row]);
  }

  ScoredBlock run() {
    ScoredBlock result;
    result.tokens = embed_texts();
    result.scores.header = header_;
    result.scores.rows.rows = embeddings_.size();
    add_embedding_columns(result.scores.rows, embeddings_, encoder_.encoder.info().hidden_size,
                          *encoder_.options.embedding);
    return result;
  }

 private:
  void add_row(std::size_t row, const std::optional<data::Sample>& sample) {
    ScoreStatus& status = embeddings_[row].status;
    if (!sample) {
      status = ScoreStatus::bad_row;
      return;
    }
    const std::string text = text_of(*sample, encoder_.options.embedding->text);
    Ids ids = encode(encoder_, text);
    status = text.empty() || ids.empty() ? ScoreStatus::empty_answer : ScoreStatus::ok;
    if (status == ScoreStatus::ok) rows_of_[std::move(ids)].push_back(row);
  }

  /// Tokens that were run.
  std::uint64_t embed_texts() {
    const std::uint32_t dimension = encoder_.encoder.info().hidden_size;
    std::vector<const std::pair<const Ids, std::vector<std::size_t>>*> texts;
    std::vector<std::uint32_t> lengths;
    std::uint64_t tokens = 0;
    for (const auto& text : rows_of_) {
      texts.push_back(&text);
      lengths.push_back(core::checked_cast<std::uint32_t>(text.first.size()));
      tokens += text.first.size();
    }
    for (const auto& batch : plan_batches(lengths, encoder_.options.batch_tokens)) {
      std::vector<std::span<const std::int32_t>> segments;
      for (const std::uint32_t text : batch) segments.emplace_back(texts[text]->first);
      const std::vector<float> values = encoder_.encoder.embed(segments);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * dimension);
        for (const std::size_t row : texts[batch[i]]->second)
          embeddings_[row].values.assign(begin, begin + dimension);
      }
    }
    return tokens;
  }

  RowEncoder encoder_;
  BlockHeader header_;
  std::vector<RowEmbedding> embeddings_;
  std::map<Ids, std::vector<std::size_t>> rows_of_;  ///< of each distinct text
};

}  // namespace

ScoringWork prepare_embeddings(const RowEncoder& encoder, const RowBlock& block) {
  return [work = std::make_shared<BlockEmbedding>(encoder, block)] { return work->run(); };
}

}  // namespace winnow::scoring
