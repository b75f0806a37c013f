#include "pipeline/generate_stage.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/pending_file.hpp"
#include "data/template_fingerprint.hpp"
#include "model/generation.hpp"
#include "model/model_config.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_work.hpp"
#include "pipeline/generator.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/reply_journal.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/scorer_binding.hpp"
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
                    const Generator& generator, model::IncrementalModel& model,
                    const scoring::ReplyOptions& options,
                    const std::filesystem::path& journal_folder, const std::vector<bool>& is_done,
                    std::uint64_t done_rows) {
  Spent spent;
  const auto open = [&]() -> BlockWorker {
    const auto source = std::make_shared<RowSource>(questions.folder, questions.data.data_set);
    const auto journal = std::make_shared<core::JournalWriter>(journal_folder);
    return [&, source, journal](std::uint64_t block, core::RowRange range) {
      scoring::GeneratedBlock answered =
          scoring::generate_block(block, range.begin, source->samples(range), generator.tokenizer,
                                  *generator.prompt, model, options);
      answered.replies.content = contents.content_of(block);
      journal->append(kRepliesRecord, scoring::serialize(answered.replies));
      spent.tokens += answered.cost.new_tokens;
    };
  };
  spent.seconds = work_on_blocks(
      context,
      {"generate", questions.data.rows, done_rows, context.job.generation->block_rows, is_done},
      contents, open);
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
void publish_replies(const std::filesystem::path& target, const BlockContents& contents,
                     const ReplyJournal& journal, nlohmann::ordered_json& summary) {
  core::check(journal.size() == contents.blocks(), "the journal holds every block");
  std::map<std::string_view, std::uint64_t> statuses, ends;
  data::PendingFile file(target);
  for (std::uint64_t block = 0; block < contents.blocks(); ++block) {
    core::RowId row = contents.rows_of(block).begin;
    for (const scoring::Reply& reply : journal.read(block).rows) {
      ++statuses[scoring::kReplyStatusNames.at(static_cast<std::size_t>(reply.status))];
      if (reply.status == scoring::ReplyStatus::ok)
        ++ends[scoring::kReplyEndNames.at(static_cast<std::size_t>(reply.end))];
      file.write(line_of(row++, reply));
    }
  }
  file.publish();
  summary["status"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : statuses) summary["status"][std::string(name)] = count;
  summary["ends"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : ends) summary["ends"][std::string(name)] = count;
}

/// Collective. The rows of the generation's own data, indexed in a folder of its own, or the job's.
Questions open_questions(Context& context, nlohmann::ordered_json& manifest,
                         const GenerationJob& job, const std::optional<IndexedData>& job_data) {
  const RunFolder own = context.folder.generation(job.name);
  mpi::agree_on(context.communicator, [&] {
    std::error_code error;
    if (context.communicator.is_root())
      std::filesystem::create_directories(own.log_folder(), error);
    if (error)
      throw core::EnvironmentError(fmt::format("{}: cannot create the folder: {}",
                                               own.log_folder().string(), error.message()));
  });
  if (!job.data) return {context.folder, job_data.value()};
  Job reading = context.job;
  reading.data = *job.data;
  nlohmann::ordered_json summary{{"timings", nlohmann::ordered_json::object()}};
  Context indexing{
      context.communicator,   reading, own, context.log, context.threads, context.profile,
      context.stop_requested, summary};
  nlohmann::ordered_json& noted = manifest["generations"][job.name];
  if (!noted.contains("inputs")) noted["inputs"] = nlohmann::ordered_json::array();
  return {own, index_rows(indexing, noted)};
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
  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    std::string weights = weights_fingerprint(manifest, job.name, job.model);
    return bind_scorer(
               own, job.name,
               binding_of(context, job, questions.data, generator, std::move(weights), devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));

  const std::filesystem::path journal_folder = own.folder.journal(job.name);
  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(questions.folder, job.block_rows); });
  std::vector<bool> is_done = ReplyJournal(context, journal_folder, contents).is_done();
  std::uint64_t done_rows = 0;
  for (std::uint64_t block = 0; block < is_done.size(); ++block)
    if (is_done[block]) done_rows += contents.rows_of(block).size();
  auto& summary = context.summary["generations"][job.name];
  summary = binding;
  summary["rows"] = questions.data.rows;
  summary["rows_already_done"] = done_rows;
  if (done_rows < questions.data.rows) {
    const model::LoadOptions load = load_options(
        context, job.model, binding, model::ModelUse::generation, "generate " + job.name);
    const auto loaded =
        mpi::agree_on(ranks, [&] { return open_incremental_model(job.model, generator, load); });
    const Spent spent = answer_blocks(context, questions, contents, generator, *loaded,
                                      options_of(job, binding, questions.data.data_set),
                                      journal_folder, is_done, done_rows);
    const std::uint64_t tokens = mpi::sum(ranks, spent.tokens);
    const double seconds = mpi::max(ranks, spent.seconds);
    summary["tokens_generated"] = tokens;
    summary["tokens_per_second"] = static_cast<double>(tokens) / seconds;
    stop_if_requested(context);
  }
  const ReplyJournal journal(context, journal_folder, contents);
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    publish_replies(context.folder.replies(job.name), contents, journal, summary);
    summary["replies"] = context.folder.replies(job.name).string();
  });
}

}  // namespace winnow::pipeline
