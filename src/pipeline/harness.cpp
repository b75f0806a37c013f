#include "pipeline/harness.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/progress.hpp"
#include "model/language_model.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "mpi/device.hpp"
#include "pipeline/engine_process.hpp"
#include "pipeline/engine_script.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/harness_figures.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/weights_fingerprint.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Between two looks of all ranks at how the others' processes are.
constexpr std::chrono::milliseconds kPeriod(200);

/// A model that the harness runs.
struct HarnessModel {
  std::string name;
  ModelScorer settings;
};

std::vector<HarnessModel> models_of(const EvaluationJob& job) {
  std::vector<HarnessModel> models = {{job.base, job.model}};
  for (const TunedModel& tuned : job.tuned) models.push_back({tuned.name, settings_of(job, tuned)});
  return models;
}

/// Of the names and bytes of these files, those that are there.
std::string hash_of(const fs::path& folder, const std::vector<fs::path>& names) {
  core::StreamHash hash;
  for (const fs::path& name : names)
    if (fs::is_regular_file(folder / name))
      hash.update(fmt::format("{}\n{}\n", name.string(),
                              core::to_hex(core::hash_file((folder / name).string()))));
  return core::to_hex(hash.digest());
}

/// Of everything in the folder of tasks; empty without one.
std::string hash_of_include(const fs::path& folder) {
  if (folder.empty()) return {};
  std::vector<fs::path> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    names.push_back(fs::relative(entry.path(), folder));
  std::ranges::sort(names);
  return hash_of(folder, names);
}

/// What the figures of a model depend on, but for the harness itself.
Json key_of(const HarnessJob& job, const HarnessModel& model, const std::string& weights,
            const std::string& include) {
  return {{"weights", weights},
          {"tokenizer", hash_of(model.settings.path, {"tokenizer.json", "tokenizer_config.json",
                                                      "chat_template.jinja"})},
          {"dtype", model.settings.dtype},
          {"few_shot", job.few_shot ? Json(*job.few_shot) : Json()},
          {"limit", job.limit ? Json(*job.limit) : Json()},
          {"chat_template", job.chat_template},
          {"include", include}};
}

/// The processes of this rank, one after another.
class HarnessProcesses {
 public:
  HarnessProcesses(Context& context, std::vector<HarnessModel> models)
      : context_(context), ranks_(context.communicator), models_(std::move(models)) {}

  void run(Json& manifest) {
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root()) write_recipes(manifest);
    });
    place_ = mpi::node_place(ranks_);
    next_ = static_cast<std::size_t>(ranks_.rank());
    while (mpi::sum(ranks_, std::uint64_t{next_ < models_.size()}) > 0) {
      mpi::agree_on(ranks_, [&] { go_on(); });
      stop_if_requested(context_);
    }
  }

 private:
  [[nodiscard]] const HarnessModel& model() const { return models_[next_]; }
  [[nodiscard]] fs::path recipe() const {
    return context_.folder.harness(model().name) / "recipe.json";
  }
  [[nodiscard]] fs::path log() const { return context_.folder.harness_log(model().name); }

  void write_recipes(Json& manifest) const {
    const HarnessJob& job = context_.job.evaluation->harness.value();
    const std::string include = hash_of_include(job.include);
    for (const HarnessModel& model : models_) {
      const fs::path folder = context_.folder.harness(model.name);
      fs::create_directories(folder);
      const Json key = key_of(
          job, model, weights_fingerprint(context_, manifest, model.name, model.settings), include);
      Json tasks;
      for (const std::string& task : job.tasks)
        tasks[task] = core::to_hex(core::hash128(task + key.dump()));
      core::write_file(
          folder / "recipe.json",
          json_text(Json{
              {"model", fs::absolute(model.settings.path).string()},
              {"dtype", model.settings.dtype},
              {"batch", job.batch},
              {"tasks", tasks},
              {"few_shot", key.at("few_shot")},
              {"limit", key.at("limit")},
              {"chat_template", job.chat_template},
              {"include", job.include.empty() ? Json() : Json(fs::absolute(job.include).string())},
              {"results", fs::absolute(folder).string()}}));
    }
  }

  /// For a period: a rank whose models are done waits for the others.
  void go_on() {
    if (next_ >= models_.size()) return std::this_thread::sleep_for(kPeriod);
    if (!process_) start();
    for (const std::string& line : process_->lines(kPeriod)) take(Json::parse(line));
    const std::optional<int> status = process_->status();
    if (!status) return;
    if (*status != 0) fail(core::ExitCode::environment, unexplained_end(*status, log()));
    if (progress_) progress_->finish();
    progress_.reset();
    process_.reset();
    next_ += static_cast<std::size_t>(ranks_.size());
  }

  void start() {
    const auto device = mpi::device_of(place_.rank, model::cuda_device_count());
    EngineCommand command;
    command.arguments = engine_script("harness.py");
    command.arguments.push_back(fs::absolute(recipe()).string());
    command.arguments.push_back(device ? fmt::format("cuda:{}", *device) : "cpu");
    command.variables = {fmt::format("OMP_NUM_THREADS={}", context_.threads), "PYTHONUNBUFFERED=1",
                         "PYTHONDONTWRITEBYTECODE=1"};
    command.log = log();
    process_.emplace(command);
  }

  void take(const Json& event) {
    const std::string& name = event.at("event").get_ref<const std::string&>();
    if (name == "error") {
      fail(static_cast<core::ExitCode>(event.at("code").get<int>()), event.at("message"));
    } else if (name == "task") {
      context_.log.write("harness",
                         fmt::format("{}: {}", model().name, event.at("name").get<std::string>()));
    } else if (name == "requests" && ranks_.is_root()) {
      if (progress_) progress_->finish();
      progress_.emplace(context_.log, "harness", "requests", event.at("total"));
      done_ = 0;
    } else if (name == "done" && progress_) {
      const std::uint64_t done = event.at("count");
      progress_->advance(done - std::exchange(done_, done));
    }
  }

  [[noreturn]] void fail(core::ExitCode code, const std::string& message) const {
    throw core::Error(code, fmt::format("evaluate.harness: model '{}': {}; see {}", model().name,
                                        message, log().string()));
  }

  Context& context_;
  const mpi::Communicator& ranks_;
  std::vector<HarnessModel> models_;
  std::size_t next_ = 0;  ///< the model whose process runs, or is the next to start
  mpi::NodePlace place_;
  std::optional<EngineProcess> process_;
  std::optional<core::Progress> progress_;
  std::uint64_t done_ = 0;  ///< requests of the current progress
};

}  // namespace

std::string harness_version() {
  EngineCommand command;
  command.arguments = engine_script("harness.py");
  command.variables = {"PYTHONDONTWRITEBYTECODE=1"};
  command.log = "/dev/null";
  EngineProcess process(command);
  while (!process.status())
    for (const std::string& line : process.lines(kPeriod)) {
      const Json event = Json::parse(line);
      if (event.at("event") == "software") return event.at("lm_eval");
      throw core::EnvironmentError("evaluate.harness: " + event.at("message").get<std::string>());
    }
  throw core::EnvironmentError(fmt::format("evaluate.harness: {} cannot run {}",
                                           command.arguments[0], command.arguments[1]));
}

Json run_harness(Context& context, Json& manifest) {
  const EvaluationJob& job = context.job.evaluation.value();
  HarnessProcesses(context, models_of(job)).run(manifest);
  return mpi::agree_on(context.communicator, [&] {
    return context.communicator.is_root() ? harness_figures(job, context.folder) : Json();
  });
}

}  // namespace winnow::pipeline
