#include "pipeline/score_stage.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/template_fingerprint.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "mpi/message.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_work.hpp"
#include "pipeline/manifest.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/model_scorer.hpp"
#include "pipeline/root_segments.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/weights_fingerprint.hpp"
#include "scoring/block_scores.hpp"
#include "scoring/score_block.hpp"
#include "store/schema.hpp"

namespace winnow::pipeline {
namespace {

/// Kind of a journal record that holds one block of scores.
constexpr std::uint64_t kBlockRecord = 2;

/// Tokens of one forward pass: enough to keep matrix products busy, small enough for the caches
/// (bench/scoring).
constexpr std::uint32_t kCpuBatchTokens = 2048;
constexpr std::uint32_t kCudaBatchTokens = 16384;

/// What is computed, by name: it decides the columns of a record.
std::vector<std::string> asked_of(const OpenScorer& opened) {
  if (opened.tags) return {"tags"};
  const scoring::ScoringOptions& options = opened.options;
  std::vector<std::string> asked;
  for (const auto& [name, is_asked] :
       {std::pair("tokens", options.count_tokens), std::pair("answer", options.answer),
        std::pair("direct", options.direct), std::pair("instruction", options.instruction),
        std::pair("evol_complexity", options.evol_complexity),
        std::pair("evol_quality", options.evol_quality)})
    if (is_asked) asked.emplace_back(name);
  return asked;
}

ScorerBinding binding_of(const Context& context, const IndexedData& data, const ModelScorer& scorer,
                         const OpenScorer& opened, std::string weights, int devices) {
  ScorerBinding binding;
  binding["reading"] = data.reading;
  binding["model"] = std::move(weights);
  binding["tokenizer"] = opened.tokenizer.fingerprint();
  binding["template"] = opened.prompt ? std::string(opened.prompt->name()) : store::kDoesNotApply;
  binding["system"] = scorer.system;
  binding["join"] = context.job.join;
  binding["template_texts"] =
      opened.prompt ? data::template_fingerprint(*opened.prompt) : store::kDoesNotApply;
  binding["closing_tokens_scored"] = opened.prompt && opened.prompt->scores_closing_tokens();
  binding["faithful"] = scorer.faithful;
  binding["scores"] = asked_of(opened);
  binding["embedding"] = opened.embedding;
  binding["dtype"] = scorer.dtype;
  binding["max_length"] = opened.options.max_length;
  binding["block_rows"] = context.job.block_rows;
  binding["batch_tokens"] = devices > 0 ? kCudaBatchTokens : kCpuBatchTokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  if (opened.tags) {
    const model::GenerationOptions& generation = opened.tags->replies.generation;
    binding["tag_prompt"] = scorer.tags.prompt;
    binding["tag_prompt_text"] = opened.tags->prompt("{instruction}");
    binding["prompts"] = data::prompt_fingerprint(*opened.prompt);
    binding["max_new_tokens"] = generation.max_new_tokens;
    binding["stop_ids"] = generation.stop_ids;
  }
  return binding;
}

std::vector<std::string> scores_with_status(const OpenScorer& opened) {
  if (opened.tags) return {"n_tags"};
  const scoring::ScoringOptions& options = opened.options;
  std::vector<std::string> scores;
  if (options.answer) scores = {"ppl_cond", "ppl_direct", "ifd_ppl"};
  if (options.instruction) scores.emplace_back("instruction_ppl");
  if (options.evol_complexity) scores.emplace_back("evol_complexity");
  if (options.evol_quality) scores.emplace_back("evol_quality");
  if (options.embedding) scores.emplace_back("embedding");
  return scores;
}

struct Spent {
  std::uint64_t tokens = 0;
  double seconds = 0;  ///< of the wall clock, and of it:
  double reading = 0;  ///< rows from the data files
  double scoring = 0;  ///< the model's passes, and rendering and tokenising around them
  double writing = 0;  ///< the journal
};

/// Scores the blocks that are left. `scorer_of_blocks` and `contents` are used by this rank alone.
Spent score_blocks(const Context& context, const IndexedData& data, const Scorer& scorer,
                   const BlockScorer& scorer_of_blocks, BlockContents& contents,
                   const std::vector<bool>& is_done, std::uint64_t done_rows) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  };
  Spent spent;
  const auto open = [&]() -> BlockWorker {
    const auto source = std::make_shared<RowSource>(context.folder, data.data_set);
    const auto journal = std::make_shared<core::JournalWriter>(context.folder.journal(scorer.name));
    return [&, source, journal](std::uint64_t block, core::RowRange range) {
      const auto begin = Clock::now();
      const std::vector<std::optional<data::Sample>> rows = source->samples(range);
      const auto read = Clock::now();
      const scoring::ScoredBlock scored =
          scorer_of_blocks.score({block, contents.content_of(block), range.begin, rows});
      const auto done = Clock::now();
      journal->append(kBlockRecord, scoring::serialize(scored.scores));
      spent.tokens += scored.tokens;
      spent.reading += seconds(begin, read);
      spent.scoring += seconds(read, done);
      spent.writing += seconds(done, Clock::now());
    };
  };
  spent.seconds = work_on_blocks(
      context, {"score " + scorer.name, data.rows, done_rows, context.job.block_rows, is_done},
      contents, open);
  return spent;
}

/// Collective. Sums over the ranks: tokens per second.
void summarize_rate(const mpi::Communicator& ranks, const Spent& spent,
                    nlohmann::ordered_json& summary) {
  const std::uint64_t tokens = mpi::sum(ranks, spent.tokens);
  summary["tokens_scored"] = tokens;
  summary["tokens_per_second"] = static_cast<double>(tokens) / mpi::max(ranks, spent.seconds);
}

/// Collective. Sums over the ranks: where their time went.
void summarize_profile(const mpi::Communicator& ranks, const Spent& spent,
                       const model::PassTimes& times, nlohmann::ordered_json& summary) {
  const double all = mpi::sum(ranks, spent.seconds);
  const double scoring = mpi::sum(ranks, spent.scoring);
  const double passes = mpi::sum(ranks, times.all);
  const double products = mpi::sum(ranks, times.products);
  const double widening = mpi::sum(ranks, times.widening);
  const double attention = mpi::sum(ranks, times.attention);
  const double losses = mpi::sum(ranks, times.losses);
  const double reading = mpi::sum(ranks, spent.reading);
  const double writing = mpi::sum(ranks, spent.writing);
  auto& profile = summary["profile_seconds"];
  profile["products"] = products;
  profile["widening"] = widening;
  profile["attention"] = attention;
  profile["losses"] = losses;
  profile["other_in_passes"] = passes - products - widening - attention - losses;
  profile["tokenising"] = scoring - passes;
  profile["reading"] = reading;
  profile["journal"] = writing;
  profile["claims_and_waiting"] = all - scoring - reading - writing;
  if (products > 0) summary["share_of_products"] = products / all;
}

}  // namespace

JournalledBlocks journalled_blocks(const Context& context, const std::string& scorer) {
  const mpi::Communicator& ranks = context.communicator;
  const std::vector<std::filesystem::path> segments =
      root_segments(ranks, context.folder.journal(scorer));
  std::uint64_t damaged = 0;
  const std::vector<BlockPlace> found = mpi::agree_on(ranks, [&] {
    BlockContents contents(context.folder, context.job.block_rows);
    std::vector<BlockPlace> places;
    for (std::size_t s = static_cast<std::size_t>(ranks.rank()); s < segments.size();
         s += static_cast<std::size_t>(ranks.size())) {
      const core::JournalReader reader(segments[s]);
      damaged += reader.damaged();
      for (const core::JournalRecord& record : reader.records()) {
        if (record.kind != kBlockRecord) continue;
        const scoring::BlockHeader header = scoring::read_block_header(reader.read(record));
        if (header.block < contents.blocks() && header.content == contents.content_of(header.block))
          places.push_back({header.block, static_cast<std::uint32_t>(s), record});
      }
    }
    return places;
  });
  std::vector<BlockPlace> all = mpi::all_gather(ranks, std::span<const BlockPlace>(found)).values;
  std::sort(all.begin(), all.end(), [](const BlockPlace& a, const BlockPlace& b) {
    return std::tie(a.block, a.segment, a.record.offset) <
           std::tie(b.block, b.segment, b.record.offset);
  });
  all.erase(std::unique(all.begin(), all.end(),
                        [](const auto& a, const auto& b) { return a.block == b.block; }),
            all.end());
  damaged = mpi::sum(ranks, damaged);
  if (damaged > 0 && ranks.is_root())
    context.log.write(
        "score", fmt::format("{}: {} damaged places in the journal; their blocks are scored again",
                             context.folder.journal(scorer).string(), damaged));
  return {segments, std::move(all)};
}

JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                  const IndexedData& data, const Scorer& scorer) {
  const mpi::Communicator& ranks = context.communicator;
  const ModelScorer& settings = *scorer.model;
  const OpenScorer opened =
      mpi::agree_on(ranks, [&] { return open_scorer(settings, context.job); });
  const int devices = model::cuda_device_count();

  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    return bind_scorer(context, scorer.name,
                       binding_of(context, data, settings, opened,
                                  weights_fingerprint(manifest, scorer.name, settings), devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));

  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(context.folder, context.job.block_rows); });
  std::vector<bool> is_done(contents.blocks(), false);
  std::uint64_t done_rows = 0;
  for (const BlockPlace& place : journalled_blocks(context, scorer.name).places) {
    is_done[place.block] = true;
    done_rows += contents.rows_of(place.block).size();
  }
  auto& summary = context.summary["scorers"][scorer.name];
  summary = binding;
  summary["rows_already_done"] = done_rows;
  if (done_rows < data.rows) {
    const model::ModelUse use =
        opened.tags ? model::ModelUse::generation : model::ModelUse::scoring;
    const model::LoadOptions load =
        load_options(context, settings, binding, use, "score " + scorer.name);
    const BlockScorer block_scorer = mpi::agree_on(ranks, [&] {
      return open_model(settings, opened, binding.at("batch_tokens").get<std::uint32_t>(), load);
    });
    const Spent spent =
        score_blocks(context, data, scorer, block_scorer, contents, is_done, done_rows);
    summarize_rate(ranks, spent, summary);
    if (block_scorer.times) summarize_profile(ranks, spent, block_scorer.times(), summary);
    stop_if_requested(context);
  }
  return {scorer.name, binding, scores_with_status(opened)};
}

}  // namespace winnow::pipeline
