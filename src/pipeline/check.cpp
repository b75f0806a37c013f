#include "pipeline/check.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/data_set.hpp"
#include "data/decompress.hpp"
#include "model/model_config.hpp"
#include "model/weight_files.hpp"
#include "pipeline/check_finetune.hpp"
#include "pipeline/check_selections.hpp"
#include "pipeline/check_study.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/generator.hpp"
#include "pipeline/harness.hpp"
#include "pipeline/model_scorer.hpp"
#include "pipeline/row_texts.hpp"
#include "pipeline/training_rows.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Data sets up to this size are read for the estimate.
constexpr std::uint64_t kReadUpTo = std::uint64_t{256} << 20;
constexpr std::size_t kSampledRows = 256;

/// What the costs are estimated from.
struct DataSize {
  CheckedRows rows;
  std::vector<data::Sample> sampled;  ///< readable rows, spread over the data
};

/// Steps that go by a field of the rows which no row has had yet.
using StepsByField = std::vector<const SelectionStep*>;

StepsByField stratified_steps(const Job& job) {
  StepsByField steps;
  for (const SelectionJob& selection : job.selections)
    for (const SelectionStep& step : selection.steps)
      if (!step.strata.field.empty()) steps.push_back(&step);
  return steps;
}

void drop_those_with_field(StepsByField& steps, std::string_view row) {
  const auto json = nlohmann::json::parse(row);
  std::erase_if(steps, [&](const SelectionStep* step) {
    const auto found = json.find(step->strata.field);
    return found != json.end() && !found->is_null();
  });
}

/// Neither compressed nor too large to be read for an estimate.
bool are_read(const std::vector<std::string>& files) {
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    if (data::compression_of(file) != data::Compression::none) return false;
    bytes += fs::file_size(file);
  }
  return bytes <= kReadUpTo;
}

/// Nothing for data that is not read.
/// @throws core::DataError for a field of strata that no row has
std::optional<DataSize> size_of(const Job& job, const std::vector<std::string>& files) {
  if (!are_read(files)) return std::nullopt;
  DataSize size;
  std::uint64_t stride = 1;
  StepsByField without_field = stratified_steps(job);
  const data::DataSet data_set = data::open_data_set(job.data, fs::path());
  if (job.finetune && job.finetune->options.dpo_beta) expect_pairs(data_set);
  static_cast<void>(data::scan_rows(data_set, [&](const data::DataRow& row) {
    const bool is_sampled = size.rows.rows++ % stride == 0;
    if (!row.parsed) return;
    ++size.rows.readable;
    if (!without_field.empty()) drop_those_with_field(without_field, row.bytes);
    if (!is_sampled) return;
    size.sampled.push_back(row.parsed->sample);
    if (size.sampled.size() < 2 * kSampledRows) return;
    for (std::size_t i = 0; i < kSampledRows; ++i) size.sampled[i] = std::move(size.sampled[2 * i]);
    size.sampled.resize(kSampledRows);
    stride *= 2;
  }));
  if (!without_field.empty())
    throw core::DataError(fmt::format("{}.stratify: no row has a value in the field '{}'",
                                      without_field.front()->place,
                                      without_field.front()->strata.field));
  return size;
}

/// `about 5.8 M tokens, 1.6 PFLOP`: every row's text once and its answer once more, two operations
/// per weight and token.
std::string work_of(const OpenScorer& opened, const model::WeightFiles& weights,
                    const DataSize& size) {
  std::uint64_t tokens = 0;
  for (const data::Sample& sample : size.sampled) {
    tokens += opened.tokenizer.encode(text_of_row(sample, RowText::conversation), false).ids.size();
    if (opened.options.answer) tokens += opened.tokenizer.encode(sample.output, false).ids.size();
  }
  double elements = 0;
  for (const auto& [dtype, count] : weights.elements()) elements += static_cast<double>(count);
  const double all = static_cast<double>(tokens) * static_cast<double>(size.rows.rows) /
                     static_cast<double>(std::max<std::size_t>(1, size.sampled.size()));
  return fmt::format("about {:.3g} M tokens, {:.3g} TFLOP", all / 1e6, 2 * all * elements / 1e12);
}

std::string describe(const Scorer& scorer, const Job& job, const std::optional<DataSize>& size) {
  const OpenScorer opened = open_scorer(*scorer.model, job);
  const model::DecoderConfig config = opened.kind == model::ModelKind::text_encoder
                                          ? model::read_encoder_config(scorer.model->path)
                                          : model::read_decoder_config(scorer.model->path);
  const model::WeightFiles weights(scorer.model->path);
  return fmt::format("{}: {} ({} layers, {} wide), template {}, {}, at most {} tokens{}",
                     scorer.name, scorer.model->path.string(), config.layers.size(),
                     config.hidden_size, opened.prompt ? opened.prompt->name() : "none",
                     scorer.model->dtype, opened.options.max_length,
                     size ? "; " + work_of(opened, weights, *size) : "");
}

/// Takes a path and what it is for; notes it where it is not there.
using IsMissing = std::function<bool(const fs::path&, const std::string&)>;

/// What the harness would run; notes what is not there for it.
std::string describe(const HarnessJob& job, Json& missing, const IsMissing& is_missing) {
  if (!job.include.empty()) static_cast<void>(is_missing(job.include, "evaluate.harness.include"));
  std::string by;
  try {
    by = " by lm_eval " + harness_version();
  } catch (const core::EnvironmentError& error) {
    missing.push_back(error.what());
  }
  return fmt::format(
      "{}{}, {}{}", fmt::join(job.tasks, ", "), by,
      job.few_shot ? fmt::format("{} shots", *job.few_shot) : "each task's own shots",
      job.limit ? fmt::format(", at most {} rows of each", *job.limit) : "");
}

std::string describe(const EvaluationJob& job, const Job& whole, Json& missing,
                     const IsMissing& is_missing) {
  const bool has_base = !is_missing(job.model.path, "evaluate.base " + job.base);
  std::optional<OpenScorer> base;
  std::string on;
  if (job.data) {
    bool has_data = true;
    for (const std::string& path : job.data->paths)
      if (path.find_first_of("*?[") == std::string::npos && is_missing(path, "evaluate.data"))
        has_data = false;
    const bool is_read = has_data && are_read(data::resolve_files(job.data->paths));
    std::uint64_t rows = 0;
    if (is_read)
      static_cast<void>(data::scan_rows(data::open_data_set(*job.data, fs::path()),
                                        [&](const data::DataRow&) { ++rows; }));
    if (has_base) base = open_base(whole);
    on = fmt::format(" on {}{}, {} resamples{}", fmt::join(job.data->paths, ", "),
                     is_read ? fmt::format(" ({} rows)", rows) : "", job.bootstrap.resamples,
                     job.category.empty() ? "" : ", by " + job.category);
  }
  std::string against;
  for (const TunedModel& tuned : job.tuned) {
    const bool comes = whole.finetune && tuned.path == final_checkpoint(whole);
    if (!(comes && !fs::exists(tuned.path)) &&
        !is_missing(tuned.path, "evaluate.models." + tuned.name) && base)
      expect_comparable(job, tuned, *base);
    against +=
        fmt::format("{}{} ({})", against.empty() ? "" : ", ", tuned.name, tuned.path.string());
  }
  if (whole.study) {
    against = "each cell's model";
    const fs::path& trained = whole.finetune->model.path;
    if (base && fs::exists(trained)) expect_comparable(job, {kTuned, trained}, *base);
  }
  return fmt::format("{} beside {}{}{}", against, job.base, on,
                     job.harness ? "; " + describe(*job.harness, missing, is_missing) : "");
}

/// @throws core::EnvironmentError where the run folder could not be made, or not be written to
void expect_writable(const fs::path& run_folder) {
  fs::path there = fs::absolute(run_folder).lexically_normal();
  while (!fs::exists(there)) there = there.parent_path();
  if (!fs::is_directory(there) || ::access(there.c_str(), W_OK) != 0)
    throw core::EnvironmentError(
        fmt::format("{}: the run folder cannot be written: {} is no folder, or not writable",
                    run_folder.string(), there.string()));
}

}  // namespace

Json check(const Job& job, Stage stage) {
  expect_writable(job.run_folder);
  Json plan;
  plan["name"] = job.name;
  plan["run_folder"] = job.run_folder.string();
  plan["missing"] = Json::array();
  const auto is_missing = [&](const fs::path& path, const std::string& what) {
    if (fs::exists(path)) return false;
    plan["missing"].push_back(fmt::format("{} ({})", path.string(), what));
    return true;
  };
  bool has_data = true;
  for (const std::string& path : job.data.paths)
    if (path.find_first_of("*?[") == std::string::npos && is_missing(path, "data"))
      has_data = false;
  std::optional<DataSize> size;
  if (has_data) {
    const std::vector<std::string> files = data::resolve_files(job.data.paths);
    size = size_of(job, files);
    plan["data"] = fmt::format("{}{}", fmt::join(files, ", "),
                               size ? fmt::format(" ({} rows)", size->rows.rows) : "");
  } else {
    plan["data"] = fmt::format("{}", fmt::join(job.data.paths, ", "));
  }
  plan["scorers"] = Json::array();
  for (const Scorer& scorer : job.scorers) {
    const fs::path& path = scorer.imported ? scorer.imported->path : scorer.model->path;
    const bool is_there = !is_missing(path, "scorer " + scorer.name);
    plan["scorers"].push_back(scorer.imported ? fmt::format("{}: {} imported as {}", scorer.name,
                                                            path.string(), scorer.imported->as)
                              : is_there      ? describe(scorer, job, size)
                                         : fmt::format("{}: {}: {}", scorer.name, path.string(),
                                                       fmt::join(scorer.model->scores, ", ")));
  }
  const std::optional<CheckedRows> rows = size ? std::optional(size->rows) : std::nullopt;
  plan["selections"] = check_selections(job, rows);
  std::optional<training::TrainingSize> trained;
  if (job.finetune && !is_missing(job.finetune->model.path, "finetune")) {
    trained = training::training_size(job.finetune->model.path, job.finetune->options);
    plan["finetune"] = check_finetune(job, stage, *trained, rows);
  }
  if (job.generation && !is_missing(job.generation->model.path, "generate")) {
    const GenerationJob& generation = *job.generation;
    const Generator generator = open_generator(generation.model, job.join);
    const model::WeightFiles weights(generation.model.path);
    if (generation.data) static_cast<void>(data::resolve_files(generation.data->paths));
    plan["generate"] = fmt::format(
        "{}: {}, template {}, at most {} new tokens, {}", generation.name,
        generation.model.path.string(), generator.prompt->name(), generation.max_new_tokens,
        generation.sampling.temperature == 0
            ? "greedy"
            : fmt::format("temperature {}", generation.sampling.temperature));
  }
  if (job.study)
    plan["study"] =
        check_study(job, rows, trained ? std::optional(trained->of_model()) : std::nullopt);
  if (job.evaluation)
    plan["evaluate"] = describe(*job.evaluation, job, plan["missing"], is_missing);
  return plan;
}

}  // namespace winnow::pipeline
