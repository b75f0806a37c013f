#include "scoring/embed_block.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
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

}  // namespace

ScoredBlock embed_block(const RowEncoder& encoder, const RowBlock& block) {
  const EmbeddingOptions& options = *encoder.options.embedding;
  const std::uint32_t dimension = encoder.encoder.info().hidden_size;
  std::vector<RowEmbedding> embeddings(block.rows.size());
  std::map<Ids, std::vector<std::size_t>> rows_of;
  for (std::size_t row = 0; row < block.rows.size(); ++row) {
    const auto& sample = block.rows[row];
    if (!sample) {
      embeddings[row].status = ScoreStatus::bad_row;
      continue;
    }
    Ids ids = encode(encoder, text_of(*sample, options.text));
    const bool is_missing = options.text == EmbeddedText::response && sample->output.empty();
    embeddings[row].status =
        is_missing || ids.empty() ? ScoreStatus::empty_answer : ScoreStatus::ok;
    if (embeddings[row].status == ScoreStatus::ok) rows_of[std::move(ids)].push_back(row);
  }

  ScoredBlock result;
  std::vector<const std::pair<const Ids, std::vector<std::size_t>>*> texts;
  std::vector<std::uint32_t> lengths;
  for (const auto& text : rows_of) {
    texts.push_back(&text);
    lengths.push_back(core::checked_cast<std::uint32_t>(text.first.size()));
    result.tokens += text.first.size();
  }
  for (const auto& batch : plan_batches(lengths, encoder.options.batch_tokens)) {
    std::vector<std::span<const std::int32_t>> segments;
    for (const std::uint32_t text : batch) segments.emplace_back(texts[text]->first);
    const std::vector<float> values = encoder.encoder.embed(segments);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * dimension);
      for (const std::size_t row : texts[batch[i]]->second)
        embeddings[row].values.assign(begin, begin + dimension);
    }
  }
  result.scores.block = block.block;
  result.scores.content = block.content;
  result.scores.rows.rows = embeddings.size();
  add_embedding_columns(result.scores.rows, embeddings, dimension, options);
  return result;
}

}  // namespace winnow::scoring
