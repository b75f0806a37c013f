#include "app/job_scorers.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/job_generation.hpp"
#include "app/job_names.hpp"
#include "core/nearest.hpp"

namespace winnow::app {
namespace {

using core::nearest;

const std::vector<std::string> kModelScores = {
    "ifd_ppl", "ifd_loss",  "ppl_cond",        "ppl_direct",   "instruction_ppl",
    "length",  "embedding", "evol_complexity", "evol_quality", "tags"};

void read_score_names(YamlSection& section, const std::string& key, pipeline::ModelScorer& scorer) {
  scorer.scores =
      section.texts(key).value_or(std::vector<std::string>{"ifd_ppl", "ifd_loss", "length"});
  if (scorer.scores.empty())
    section.fail(key, fmt::format("empty, expected scores of {}", fmt::join(kModelScores, ", ")));
  for (const std::string& score : scorer.scores) {
    if (std::find(kModelScores.begin(), kModelScores.end(), score) != kModelScores.end()) continue;
    section.fail(key, fmt::format("found '{}', expected scores of {}; nearest is '{}'", score,
                                  fmt::join(kModelScores, ", "), nearest(score, kModelScores)));
  }
  if (pipeline::asks_for(scorer, "tags") && scorer.scores.size() > 1)
    section.fail(key, fmt::format("found {}: tags are answers of the model, another way of running "
                                  "it: expected `tags` alone, in a scorer of its own",
                                  fmt::join(scorer.scores, ", ")));
}

pipeline::EmbeddingJob read_embedding(YamlSection& section) {
  pipeline::EmbeddingJob embedding;
  embedding.text = section.one_of("text", {"all", "instruction", "response"}).value_or("all");
  embedding.pooling = section.one_of("pooling", {"last_token", "mean"});
  embedding.normalize = section.boolean("normalize");
  embedding.dtype = section.one_of("dtype", {"f32", "f16"}).value_or("f32");
  section.finish();
  return embedding;
}

pipeline::TagJob read_tags(YamlSection& section) {
  pipeline::TagJob tags;
  tags.prompt = section.one_of("prompt", {"instagger", "instag"}).value_or("instagger");
  tags.max_new_tokens = static_cast<std::uint32_t>(
      section.unsigned_integer("max_new_tokens", 1, kMostNewTokens).value_or(512));
  section.finish();
  return tags;
}

/// `embedding:` and `tags:` say how and `score` whether: one without the other is a mistake.
void require_described_scores(YamlSection& section, const pipeline::ModelScorer& scorer) {
  for (const char* score : {"embedding", "tags"})
    if (section.has(score) && !pipeline::asks_for(scorer, score))
      section.fail(score, fmt::format("given, but `score` asks for {} only: expected `{}`",
                                      fmt::join(scorer.scores, ", "), score));
}

/// The keys that a model has which scores (`model:` or an entry of `scorers:`).
pipeline::ModelScorer read_model(YamlSection& section) {
  pipeline::ModelScorer scorer = read_model_folder(section);
  scorer.faithful = section.boolean("faithful").value_or(false);
  if (auto embedding = section.section("embedding")) scorer.embedding = read_embedding(*embedding);
  if (auto tags = section.section("tags")) scorer.tags = read_tags(*tags);
  return scorer;
}

/// Names that stand for something else than one imported number per row, in scores.h5 or in
/// expressions.
bool is_taken_name(const std::string& name) {
  constexpr std::array<std::string_view, 5> kOfRows = {"bytes", "instruction_words",
                                                       "response_words", "row", "turns"};
  return std::ranges::find(kOfRows, name) != kOfRows.end() || name == "n_cond" ||
         name == "n_direct" || name == "n_instruction" || name == "n_tokens" ||
         name.starts_with("nll_") || name.starts_with("status_");
}

}  // namespace

pipeline::ModelScorer read_model_folder(YamlSection& section) {
  pipeline::ModelScorer model;
  model.path = section.required_path("path");
  model.prompt_template = section.text("template").value_or("auto");
  const std::string system = section.text("system").value_or("none");
  model.system = system == "none" ? "" : system;
  model.dtype = section.one_of("dtype", {"bf16", "fp32"}).value_or("bf16");
  model.max_length =
      static_cast<std::uint32_t>(section.unsigned_integer("max_length", 2, 1U << 24).value_or(0));
  if (model.max_length > 0) model.max_length_place = section.place_of("max_length");
  model.stage = section.path("stage").value_or("");
  model.revision = section.text("revision").value_or("");
  return model;
}

const pipeline::Scorer& scorer_with_model(YamlSection& section, const pipeline::Job& job,
                                          const std::string& purpose, const std::string& key) {
  std::vector<const pipeline::Scorer*> with_model;
  std::vector<std::string> names;
  for (const pipeline::Scorer& scorer : job.scorers) {
    if (!scorer.model) continue;
    with_model.push_back(&scorer);
    names.push_back(scorer.name);
  }
  if (with_model.empty())
    section.fail(key, "the job opens no model: expected model: { path: FOLDER } or scorers:");
  const auto given = section.one_of(key, names);
  if (!given && with_model.size() > 1)
    section.fail(key, fmt::format("missing, expected the one whose model {}: one of {}", purpose,
                                  fmt::join(names, ", ")));
  for (const pipeline::Scorer* scorer : with_model)
    if (given == scorer->name) return *scorer;
  return *with_model.front();
}

void read_scorers(YamlSection& root, pipeline::Job& job) {
  auto model = root.section("model");
  auto scorers = root.section("scorers");
  if (model && scorers) root.fail("scorers", "given beside model: expected one of the two");
  const bool scores_asked = root.has("score");
  if (scores_asked && scorers && !root.node("score").IsMap())
    root.fail("score",
              "given beside scorers: each scorer has its own `score`; expected { block_rows: N }");

  pipeline::ModelScorer shorthand;
  if (scores_asked) {
    if (root.node("score").IsMap()) {
      auto section = root.section("score");
      if (!scorers)
        read_score_names(*section, "scores", shorthand);
      else if (section->has("scores"))
        section->fail("scores", "given beside scorers: each scorer has its own `score`");
      job.block_rows = section->unsigned_integer("block_rows", 1, 1U << 20).value_or(64);
      section->finish();
    } else {
      read_score_names(root, "score", shorthand);
    }
  }
  if (model) {
    const std::vector<std::string> scores = shorthand.scores;
    shorthand = read_model(*model);
    shorthand.scores =
        scores.empty() ? std::vector<std::string>{"ifd_ppl", "ifd_loss", "length"} : scores;
    require_described_scores(*model, shorthand);
    const std::string name = folder_name(shorthand.path);
    if (!is_group_name(name))
      model->fail(
          "path",
          fmt::format(
              "the folder's name '{}' cannot name a scorer; use scorers: {{ NAME: {{...}} }}",
              name));
    job.scorers.push_back({name, shorthand, std::nullopt});
    model->finish();
  } else if (!std::all_of(shorthand.scores.begin(), shorthand.scores.end(),
                          [](const auto& score) { return score == "length"; })) {
    root.fail("score",
              fmt::format("asks for {}, which needs a model: expected model: {{ path: FOLDER }}",
                          fmt::join(shorthand.scores, ", ")));
  }
  if (!scorers) return;
  for (const std::string& name : scorers->keys()) {
    if (!is_group_name(name))
      scorers->fail(name, "expected a name of at most 200 letters, digits, '_', '-' and '.'");
    auto section = scorers->section(name);
    if (!section)
      scorers->fail(name, "empty, expected { path: FOLDER, ... } or { import: FILE, as: NAME }");
    pipeline::Scorer scorer;
    scorer.name = name;
    if (section->has("import")) {
      pipeline::ImportedScorer imported;
      imported.path = section->required_path("import");
      imported.key = section->text("key").value_or("");
      imported.as = section->required_text("as");
      if (!is_group_name(imported.as) || is_taken_name(imported.as))
        section->fail("as", fmt::format("'{}' cannot name a score", imported.as));
      scorer.imported = imported;
    } else {
      pipeline::ModelScorer read = read_model(*section);
      read_score_names(*section, "score", read);
      require_described_scores(*section, read);
      scorer.model = read;
    }
    section->finish();
    job.scorers.push_back(scorer);
  }
  scorers->finish();
}

}  // namespace winnow::app
