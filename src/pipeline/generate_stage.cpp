#include "pipeline/generate_stage.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "data/pending_file.hpp"
#include "data/template_fingerprint.hpp"
#include "model/generation.hpp"
#include "model/model_config.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/block_work.hpp"
#include "pipeline/generator.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/manifest.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/own_data.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/scorer_binding.hpp"
#include "pipeline/version.hpp"
#include "pipeline/weights_fingerprint.hpp"
#include "scoring/generate_block.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint32_t kCpuBatchTokens = 2048;
constexpr std::uint32_t kCudaBatchTokens = 16384;

/// The rows that are answered, and how they are cut into blocks.
struct Questions {
  RunFolder folder;  ///< whose index has them
  IndexedData data;
};

ScorerBinding binding_of(const Context& context, const GenerationJob& job, const IndexedData& data,
                         const Generator& generator, std::string weights, int devices) {
  ScorerBinding binding;
  binding["code_version"] = kVersion;
  binding["data"] = data.reading;
  binding["model"] = std::move(weights);
  binding["tokenizer"] = generator.tokenizer.fingerprint();
  binding["template"] = std::string(generator.prompt->name());
  binding["system"] = job.model.system;
  binding["join"] = context.job.join;
  binding["prompts"] = data::prompt_fingerprint(*generator.prompt);
  binding["dtype"] = job.model.dtype;
  binding["max_length"] = generator.max_length;
  binding["max_new_tokens"] = job.max_new_tokens;
  binding["temperature"] = job.sampling.temperature;
  binding["top_p"] = job.sampling.top_p;
  binding["top_k"] = job.sampling.top_k;
  binding["repetition_penalty"] = job.sampling.repetition_penalty;
  binding["seed"] = job.seed;
  binding["stop"] = job.stop;
  binding["stop_ids"] = generator.stop_ids;
  binding["block_rows"] = job.block_rows;
  binding["batch_tokens"] = devices > 0 ? kCudaBatchTokens : kCpuBatchTokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  return binding;
}

scoring::ReplyOptions options_of(const GenerationJob& job, const ScorerBinding& binding,
                                 const data::DataSet& data_set) {
  scoring::ReplyOptions options;
  model::GenerationOptions& generation = options.generation;
  generation.sampling = job.sampling;
  generation.seed = job.seed;
  generation.max_new_tokens = job.max_new_tokens;
  generation.max_length = binding.at("max_length").get<std::uint32_t>();
  generation.stop_ids = binding.at("stop_ids").get<std::vector<std::int32_t>>();
  generation.batch_tokens = binding.at("batch_tokens").get<std::uint32_t>();
  generation.cache_tokens = kCachedPasses * generation.batch_tokens;
  options.stop_strings = job.stop;
  options.skip_refused_rows = data_set.skip_bad_rows;
  return options;
}

struct Spent {
  std::uint64_t tokens = 0;
  double seconds = 0;
};

/// Answers the blocks that are left.
Spent answer_blocks(const Context& context, const Questions& questions, BlockContents& contents,
                    const scoring::RowAnswerer& answerer, const BlockJournal& journal,
                    std::uint64_t done_rows) {
  Spent spent;
  const auto open = [&]() -> BlockPreparation {
    const auto source = std::make_shared<RowSource>(questions.folder, questions.data.data_set);
    return [&, source](std::uint64_t block, core::RowRange range) -> BlockRecord {
      const std::vector<std::optional<data::Sample>> rows = source->samples(range);
      return [&spent, work = scoring::prepare_answers(
                          answerer, {{block, contents.content_of(block)}, range.begin, rows})] {
        const scoring::GeneratedBlock answered = work();
        spent.tokens += answered.cost.new_tokens;
        return scoring::serialize(answered.replies);
      };
    };
  };
  const BlockWork work{"generate", questions.data.rows, done_rows,
                       context.job.generation->block_rows, journal};
  spent.seconds = work_on_blocks(context, work, contents, open).all;
  return spent;
}

std::string line_of(core::RowId row, const scoring::Reply& reply) {
  const bool is_ok = reply.status == scoring::ReplyStatus::ok;
  nlohmann::ordered_json line;
  line["row"] = row;
  line["status"] = scoring::kReplyStatusNames.at(static_cast<std::size_t>(reply.status));
  for (const char* key : {"text", "ids", "end"}) line[key] = nullptr;
  if (is_ok) {
    line["text"] = reply.text;
    line["ids"] = reply.ids;
    line["end"] = scoring::kReplyEndNames.at(static_cast<std::size_t>(reply.end));
  }
  line["prompt_tokens"] = reply.prompt_tokens;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// Root only. All replies in the order of rows; how many there are of each status and end.
nlohmann::ordered_json publish_replies(const std::filesystem::path& target,
                                       const BlockContents& contents, const BlockJournal& journal) {
  journal.expect_all();
  std::map<std::string, std::uint64_t> statuses, ends;
  data::PendingFile file(target);
  for (std::uint64_t block = 0; block < contents.blocks(); ++block) {
    core::RowId row = contents.rows_of(block).begin;
    for (const scoring::Reply& reply : scoring::deserialize_replies(journal.read(block)).rows) {
      ++statuses[std::string(
          scoring::kReplyStatusNames.at(static_cast<std::size_t>(reply.status)))];
      if (reply.status == scoring::ReplyStatus::ok)
        ++ends[std::string(scoring::kReplyEndNames.at(static_cast<std::size_t>(reply.end)))];
      file.write(line_of(row++, reply));
    }
  }
  file.publish();
  return {{"status", statuses}, {"ends", ends}};
}

/// Collective. Makes replies/<name>.jsonl unless it stands there as it was made from just this.
/// @param noted  root's record of the generation in the manifest
void publish(const Context& context, const Questions& questions, const ScorerBinding& binding,
             BlockContents& contents, nlohmann::ordered_json& noted) {
  const std::string& name = context.job.generation->name;
  const std::filesystem::path target = context.folder.replies(name);
  const std::string key = key_of({{"data", questions.data.key}, {"generation", binding}});
  auto& summary = context.summary["generations"][name];
  summary["replies"] = target.string();
  const bool is_current = ask_root(context.communicator, [&] {
    const auto published = noted.find("published");
    return published != noted.end() && published->value("made_from", "") == key &&
           std::filesystem::exists(target) && (*published)["file"] == stamped(target);
  });
  if (!is_current) {
    const BlockJournal journal(context, "generate", context.folder.generation(name).journal(name),
                               contents);
    mpi::agree_on(context.communicator, [&] {
      if (!context.communicator.is_root()) return;
      nlohmann::ordered_json made;
      made["made_from"] = key;
      made["counts"] = publish_replies(target, contents, journal);
      made["file"] = stamped(target);
      noted["published"] = std::move(made);
    });
  }
  if (context.communicator.is_root()) summary.update(noted["published"]["counts"]);
}

/// Collective. The rows of the generation's own data, indexed in a folder of its own, or the job's.
Questions open_questions(const Context& context, nlohmann::ordered_json& manifest,
                         const GenerationJob& job, const std::optional<IndexedData>& job_data) {
  if (!job.data) return {context.folder, job_data.value()};
  const RunFolder own = context.folder.generation(job.name);
  return {own, index_own_data(context, own, *job.data, manifest["generations"][job.name])};
}

}  // namespace

void generate_replies(Context& context, nlohmann::ordered_json& manifest,
                      const std::optional<IndexedData>& job_data) {
  const StageTimer timer(context, "generate");
  const mpi::Communicator& ranks = context.communicator;
  const GenerationJob& job = context.job.generation.value();
  const Questions questions = open_questions(context, manifest, job, job_data);
  const Generator generator =
      mpi::agree_on(ranks, [&] { return open_generator(job.model, context.job.join); });
  const int devices = model::cuda_device_count();

  const Context own{ranks,
                    context.job,
                    context.folder.generation(job.name),
                    context.log,
                    context.threads,
                    context.profile,
                    context.stop_requested,
                    context.summary};
  const std::filesystem::path journal_folder = own.folder.journal(job.name);
  const bool is_begun = journal_is_begun(ranks, journal_folder);
  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    std::string weights = weights_fingerprint(context, manifest, job.name, job.model);
    return bind_scorer(
               own,
               {journal_folder, is_begun, fmt::format("generation '{}'", job.name),
                "choose another generate.name or --out"},
               binding_of(context, job, questions.data, generator, std::move(weights), devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));

  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(questions.folder, job.block_rows); });
  const BlockJournal begun(context, "generate", journal_folder, contents);
  const std::uint64_t done_rows = contents.rows_in(begun.is_done());
  auto& summary = context.summary["generations"][job.name];
  summary = binding;
  summary["rows"] = questions.data.rows;
  summary["rows_already_done"] = done_rows;
  if (done_rows < questions.data.rows) {
    const model::LoadOptions load = load_options(
        context, job.model, binding, model::ModelUse::generation, "generate " + job.name);
    const auto loaded =
        mpi::agree_on(ranks, [&] { return open_incremental_model(job.model, generator, load); });
    const Spent spent = answer_blocks(context, questions, contents,
                                      {generator.tokenizer, *generator.prompt, *loaded,
                                       options_of(job, binding, questions.data.data_set)},
                                      begun, done_rows);
    const std::uint64_t tokens = mpi::sum(ranks, spent.tokens);
    const double seconds = mpi::max(ranks, spent.seconds);
    summary["tokens_generated"] = tokens;
    summary["tokens_per_second"] = static_cast<double>(tokens) / seconds;
    stop_if_requested(context);
  }
  publish(context, questions, binding, contents, manifest["generations"][job.name]);
}

}  // namespace winnow::pipeline
