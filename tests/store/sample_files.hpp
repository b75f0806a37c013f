#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"
#include "store/selection_file.hpp"
#include "store/tfidf_file.hpp"

// Small files with every dataset the schema knows; tests/store/store_parity.py repeats the formulas
// below in Python.

namespace winnow::test {

/// The columns of rows [mine.begin, mine.end).
struct SampleColumns {
  std::vector<std::uint64_t> byte_offset, hash;
  std::vector<std::uint32_t> byte_length, file, instruction_words, response_words, turns, n_cond,
      n_direct, n_tokens;
  std::vector<std::string> id;
  std::vector<double> nll_cond, nll_direct, ppl_cond, ppl_direct, ifd_ppl, ifd_loss, rating;
  std::vector<core::ScoreStatus> row_status, status, rating_status;
  std::vector<float> embeddings;   ///< [rows, 3]
  std::vector<core::Half> halves;  ///< [rows, 2]
  std::vector<std::uint32_t> scored_turns;
  std::vector<double> turn_value;
  std::vector<core::ScoreStatus> turn_status;
  std::vector<std::uint64_t> tag_counts;  ///< of rows
  std::vector<std::uint32_t> tags;

  explicit SampleColumns(core::RowRange mine) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    for (std::uint64_t row = mine.begin; row < mine.end; ++row) {
      const auto small = static_cast<std::uint32_t>(row % 100);
      const bool is_empty = row % 4 == 3;
      byte_offset.push_back(100 * row + (std::uint64_t{1} << 40));
      byte_length.push_back(90 + small);
      file.push_back(small % 2);
      hash.push_back(core::mix64(row));
      instruction_words.push_back(small);
      response_words.push_back(2 * small);
      turns.push_back(2);
      id.push_back(row % 5 == 0 ? "" : "gr\xC3\xBC\xC3\x9F-" + std::to_string(row));
      row_status.push_back(row == 1 ? core::ScoreStatus::bad_row : core::ScoreStatus::ok);
      status.push_back(is_empty ? core::ScoreStatus::empty_answer : core::ScoreStatus::ok);
      n_cond.push_back(is_empty ? 0 : 10);
      n_direct.push_back(is_empty ? 0 : 9);
      n_tokens.push_back(small + 20);
      const double x = is_empty ? kNan : 1.0 + static_cast<double>(row) / 8;
      nll_cond.push_back(x);
      nll_direct.push_back(2 * x);
      ppl_cond.push_back(x + 1);
      ppl_direct.push_back(x + 2);
      ifd_ppl.push_back(x / 2);
      ifd_loss.push_back(x / 4);
      rating_status.push_back(row % 3 == 0 ? core::ScoreStatus::not_given : core::ScoreStatus::ok);
      rating.push_back(row % 3 == 0 ? kNan : static_cast<double>(row));
      halves.push_back(core::to_half(static_cast<float>(row % 100) / 4));
      halves.push_back(core::to_half(-1));
      scored_turns.push_back(small % 3);
      for (std::uint32_t turn = 0; turn < small % 3; ++turn) {
        turn_status.push_back(turn == 1 && row % 5 == 0 ? core::ScoreStatus::text_too_long
                                                        : core::ScoreStatus::ok);
        turn_value.push_back(turn_status.back() == core::ScoreStatus::ok
                                 ? static_cast<double>(row) + turn / 2.0
                                 : kNan);
      }
      tag_counts.push_back(small % 4);
      for (std::uint32_t tag = 0; tag < small % 4; ++tag)
        tags.push_back((small + tag) % static_cast<std::uint32_t>(tag_names().size()));
      for (int i = 0; i < 3; ++i)
        embeddings.push_back(static_cast<float>(3 * row) + static_cast<float>(i) / 4);
    }
  }

  /// Ascending by their bytes.
  [[nodiscard]] static const std::vector<std::string>& tag_names() {
    static const std::vector<std::string> names{"art", "code", "math", "math proof",
                                                "\xC3\xA9tude"};
    return names;
  }

  [[nodiscard]] store::RowColumns rows() const {
    return {byte_offset, byte_length, file, hash, instruction_words, response_words, turns, id};
  }
};

inline store::RowsShape sample_shape(const mpi::Communicator& communicator, std::uint64_t rows) {
  const auto mine = core::block_range(rows, static_cast<std::uint64_t>(communicator.size()),
                                      static_cast<std::uint64_t>(communicator.rank()));
  return {rows, mine, /*has_files=*/true, /*has_ids=*/true};
}

/// Collective.
inline void write_sample_index(const mpi::Communicator& communicator,
                               const std::filesystem::path& path, std::uint64_t rows) {
  const store::RowsShape shape = sample_shape(communicator, rows);
  const SampleColumns columns(shape.mine);
  const store::IndexInfo info{{{"a.json", 1000, "00ff"}, {"b.json.gz", 2000, "11ee"}},
                              "alpaca",
                              "json",
                              {{"instruction", "instruction"}, {"response", "output"}},
                              "0.1.0"};
  store::write_index(communicator, path, info, shape, columns.rows(), columns.row_status);
}

/// Collective. A model's losses with embeddings in two slabs per rank, and imported scores.
inline void write_sample_scores(const mpi::Communicator& communicator,
                                const std::filesystem::path& path, std::uint64_t rows) {
  const store::RowsShape shape = sample_shape(communicator, rows);
  const SampleColumns columns(shape.mine);
  store::ScoreFileWriter file(communicator, path, shape);
  file.write_rows(columns.rows(), "0.1.0");

  store::ScorerInfo model{.name = "smollm2",
                          .code_version = "0.1.0",
                          .model_fingerprint = "f00d",
                          .tokenizer_hash = "beef",
                          .prompt_template = "chatml",
                          .system = "",
                          .scores_closing_tokens = true,
                          .max_length = 2048,
                          .dtype = "fp32",
                          .threads = 1,
                          .math_library = "MKL default",
                          .more = {}};
  file.begin_scorer(model);
  using Numbers = std::span<const double>;
  using Counts = std::span<const std::uint32_t>;
  using Statuses = std::span<const core::ScoreStatus>;
  file.write_values(store::score::kNllCondSum, columns.nll_cond, columns.status);
  file.write_column(store::score::kNCond, Counts(columns.n_cond));
  file.write_values(store::score::kNllDirectSum, columns.nll_direct, columns.status);
  file.write_column(store::score::kNDirect, Counts(columns.n_direct));
  file.write_column(store::score::kNTokens, Counts(columns.n_tokens));
  for (const auto& [field, values] :
       {std::pair(store::score::kPplCond, Numbers(columns.ppl_cond)),
        std::pair(store::score::kPplDirect, Numbers(columns.ppl_direct)),
        std::pair(store::score::kIfdPpl, Numbers(columns.ifd_ppl)),
        std::pair(store::score::kIfdLoss, Numbers(columns.ifd_loss))})
    file.write_values(field, values, columns.status);
  for (const store::Field& field :
       {store::score::kStatusCond, store::score::kStatusDirect, store::score::kStatusIfd})
    file.write_column(field, Statuses(columns.status));
  file.write_column(store::score::kStatusEmbedding, Statuses(columns.row_status));
  file.begin_embeddings(3, store::Element::f32);
  const std::uint64_t half = shape.mine.begin + shape.mine.size() / 2;
  const std::span<const float> values(columns.embeddings);
  const std::size_t cut = 3 * (half - shape.mine.begin);
  file.write_embeddings({half, shape.mine.end}, values.subspan(cut));
  file.write_embeddings({shape.mine.begin, half}, values.first(cut));

  model.name = "turns";
  file.begin_scorer(model);
  file.begin_embeddings(2, store::Element::f16);
  file.write_embeddings(shape.mine, std::span<const core::Half>(columns.halves));
  file.begin_turns(columns.scored_turns);
  file.write_values(store::turn::kEvolQuality, columns.turn_value, columns.turn_status);
  file.write_column(store::turn::kStatusEvolQuality, Statuses(columns.turn_status));

  model.name = "tagger";
  file.begin_scorer(model);
  const std::vector<std::uint64_t> rows_with_tag(SampleColumns::tag_names().size(), rows);
  file.write_tags({columns.tag_counts, columns.tags, SampleColumns::tag_names(), rows_with_tag});

  store::ScorerInfo imported;
  imported.name = "imported";
  imported.code_version = "0.1.0";
  imported.more = {{"import_file", "ratings.json"}, {"import_key", "score"}};
  file.begin_scorer(imported);
  file.write_score({"rating", "as imported", "1", "does not apply", "ratings.json", columns.rating,
                    columns.rating_status});
  file.finish();
}

inline void write_sample_selection(const std::filesystem::path& path) {
  store::SelectionInfo info;
  info.method = "iterit";
  info.parameters = {{"decay", 0.1}, {"faithful", std::uint64_t{0}}, {"scorer", "smollm2"}};
  info.budget_asked = "5%";
  info.budget_rows = 3;
  info.rows = 60;
  info.eligible = 45;
  info.status_counts[0] = 45;
  info.status_counts[1] = 15;
  info.code_version = "0.1.0";
  info.more = {{"tfidf_rows", std::uint64_t{45}}};
  const std::vector<std::uint64_t> row{7, 2, 50};
  const std::vector<double> gain{3.5, 2.25, 1};
  const std::vector<double> score{0.9, 0.8, 0.7};
  const std::vector<std::uint8_t> left_out_by = [&] {
    std::vector<std::uint8_t> steps(info.rows, 0);
    for (const std::uint64_t picked : row) steps[picked] = 255;
    return steps;
  }();
  store::write_selection(path, info, {row, gain, score, {}, left_out_by});
}

inline void write_sample_tfidf(const std::filesystem::path& path) {
  const std::vector<std::string> terms{"a b", "gr\xC3\xBC\xC3\x9F", "z"};
  const std::vector<std::uint64_t> df{2, 1, 1};
  const std::vector<std::uint64_t> row_begin{0, 2, 2, 4};
  const std::vector<std::uint32_t> term{0, 1, 0, 2};
  const std::vector<double> weight{0.6, 0.8, 0.6, 0.8};
  store::write_tfidf(path,
                     {terms, df, row_begin, term, weight, {{"tfidf_rows", std::uint64_t{3}}}});
}

}  // namespace winnow::test
