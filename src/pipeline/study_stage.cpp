#include "pipeline/study_stage.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "pipeline/evaluation_files.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/finetune_stage.hpp"
#include "pipeline/held_out_rows.hpp"
#include "pipeline/iterate_stage.hpp"
#include "pipeline/select_stage.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/study_cells.hpp"
#include "pipeline/study_tables.hpp"
#include "pipeline/training_setup.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// IterIT's loop trains the cell.
bool is_iterated(const Job& job) {
  const auto& reselection = job.selections.front().reselection;
  return reselection && !reselection->once;
}

/// An error of the cell alone: another one may do better.
bool is_of_the_cell(const core::Error& error) {
  const bool is_agreed = dynamic_cast<const mpi::Agreed*>(&error) != nullptr;
  return is_agreed &&
         (error.code() == core::ExitCode::data || error.code() == core::ExitCode::model);
}

class Study {
 public:
  Study(Context& context, Json& manifest, const IndexedData& data)
      : context_(context),
        ranks_(context.communicator),
        job_(*context.job.evaluation),
        manifest_(manifest),
        data_(data),
        prepares_(mpi::agree_on(ranks_, [&] {
          OpenScorer opened = open_base(context.job);
          expect_comparable(job_, {kTuned, context.job.finetune->model.path}, opened);
          return opened;
        })) {
    for (StudyCell& cell : cells_of(context.job)) {
      Json line = pending_line(cell);
      results_.push_back({std::move(cell), std::move(line), std::nullopt});
    }
  }

  void run() {
    HeldOutRows held_out(context_, manifest_,
                         context_.folder.with_training_in(context_.folder.study()).evaluation(),
                         prepares_);
    base_ = held_out.score(job_.base, job_.model);
    category_ = held_out.categories();
    for (StudyResult& result : results_) visit(result, Visit::looks);
    publish();
    for (StudyResult& result : results_) {
      if (result.line.at("status") != "pending") continue;
      visit(result, Visit::works);
      publish();
    }
    tell_failures();
  }

 private:
  /// Selects the cell's rows and takes what is done; or also does what is not.
  enum class Visit { looks, works };

  void visit(StudyResult& result, Visit visit) {
    stop_if_requested(context_);
    const fs::path folder = context_.folder.study() / result.cell.folder;
    const Job job = job_of(context_.job, result.cell, folder);
    Json summary{{"timings", Json::object()}};
    Context own{ranks_,
                job,
                context_.folder.with_training_in(folder),
                context_.log,
                context_.threads,
                context_.profile,
                context_.stop_requested,
                summary};
    try {
      select_rows(own, data_);
      train_and_evaluate(own, result, visit);
    } catch (const core::Error& error) {
      if (!is_of_the_cell(error)) throw;
      fail(result, error.what());
      if (!context_.job.study->keep_checkpoints) drop_states(own);
    }
  }

  void train_and_evaluate(Context& own, StudyResult& result, Visit visit) {
    const std::vector<core::RowId> rows = rows_to_learn(own, data_);
    result.line["rows"] = rows.size();
    const TrainingSetup setup = is_iterated(own.job)
                                    ? set_up_iteration(own, manifest_, data_, rows)
                                    : set_up_training(own, manifest_, data_, rows, Json::object());
    const TunedModel& tuned = own.job.evaluation->tuned.front();
    const bool is_trained =
        ask_root(ranks_, [&] { return training::sealed_from(tuned.path) == setup.key; });
    if (!is_trained && visit == Visit::looks) return;
    prepare_folders(own, setup.checkpoints);
    HeldOutRows held_out(own, manifest_, own.folder.evaluation(), prepares_);
    std::optional<EvaluatedModel> losses;
    if (is_trained) losses = held_out.scored_before(tuned.name, base_.binding);
    if (!losses && visit == Visit::looks) return;
    if (!losses) {
      tell_begin(result);
      if (is_trained) forget_gone_model(own, setup);
      if (is_iterated(own.job))
        iterate(own, manifest_, data_);
      else
        finetune(own, manifest_, data_);
      losses = held_out.score(tuned.name, settings_of(job_, tuned));
    }
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      const Json evaluation = write_evaluation(
          own.folder, job_, write_losses(own.folder, job_, {{base_, *losses}, category_}));
      result.line = done_line(result.cell, rows.size(), total_of(own.folder.steps_log()),
                              evaluation, *losses, job_.bootstrap);
      if (!context_.job.study->keep_checkpoints) setup.checkpoints.drop_models();
    });
    if (ask_root(ranks_, [&] { return result.line.at("loss").is_null(); }))
      return fail(result, "evaluate: no held-out row has an answer loss by its model");
    result.line["status"] = "ok";
    result.losses = std::move(losses);
  }

  /// The folders of the cell. What an evaluation left there whose model was removed is of no use.
  void prepare_folders(const Context& own, const Checkpoints& checkpoints) {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      std::error_code error;
      fs::create_directories(own.folder.training_log_folder(), error);
      if (!error && !checkpoints.are_begun()) fs::remove_all(own.folder.evaluation().path(), error);
      if (error)
        throw core::EnvironmentError(fmt::format("{}: cannot be made ready: {}",
                                                 own.folder.training_log_folder().string(),
                                                 error.message()));
    });
  }

  /// Trained anew its weights may differ in the last bits, on another machine: losses of a model
  /// that is gone do not stand beside them.
  void forget_gone_model(const Context& own, const TrainingSetup& setup) {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root() || training::is_sealed(setup.checkpoints.final(), setup.key)) return;
      training::remove_folder(own.folder.evaluation().journal(kTuned));
    });
  }

  void tell_begin(const StudyResult& result) {
    if (!ranks_.is_root()) return;
    const auto number = &result - results_.data() + 1;
    context_.log.write("study",
                       fmt::format("cell {} of {}: {} at {}, seed {}", number, results_.size(),
                                   result.cell.selection, result.cell.budget, result.cell.seed));
  }

  void fail(StudyResult& result, const std::string& reason) {
    result.line["status"] = "failed";
    result.line["reason"] = core::one_line(reason);
    if (ranks_.is_root())
      context_.log.write("study", fmt::format("{} failed: {}", result.cell.folder.string(),
                                              core::one_line(reason)));
  }

  /// Of a cell that failed, and would fail again behind them.
  void drop_states(const Context& own) {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      const Checkpoints checkpoints(own.folder.checkpoints());
      checkpoints.drop_resume_states(0);
      checkpoints.drop_epochs(0);
    });
  }

  /// Root's: the tables, and what the summary says.
  void publish() {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      Json& told = context_.summary["study"];
      told["cells"] = Json::array();
      for (const StudyResult& result : results_) told["cells"].push_back(result.line);
      told["summary"] = summary_lines(results_, base_, job_.bootstrap);
      told["base"] = job_.base;
      told["unit"] = "nats per token of the answer";
      told["confidence"] = job_.bootstrap.confidence;
      told["resamples"] = job_.bootstrap.resamples;
      told["held_out_rows"] = base_.status.size();
      const fs::path table = context_.folder.study() / "table.csv";
      const fs::path summary = context_.folder.study() / "summary.csv";
      core::write_file(table, csv_of(told["cells"]));
      core::write_file(summary, csv_of(told["summary"]));
      told["table_file"] = table.string();
      told["summary_file"] = summary.string();
    });
  }

  void tell_failures() {
    std::string names;
    std::size_t failed = 0;
    for (const StudyResult& result : results_) {
      if (result.line.at("status") != "failed") continue;
      names += (failed++ == 0 ? "" : ", ") + result.cell.folder.string();
    }
    if (failed > 0)
      context_.summary["undefined"] =
          fmt::format("study: {} of {} cells failed: {}; see {}", failed, results_.size(), names,
                      (context_.folder.study() / "table.csv").string());
  }

  Context& context_;
  const mpi::Communicator& ranks_;
  const EvaluationJob& job_;
  Json& manifest_;
  const IndexedData& data_;
  const OpenScorer prepares_;
  EvaluatedModel base_;                ///< root's
  std::vector<std::string> category_;  ///< root's
  std::vector<StudyResult> results_;
};

}  // namespace

void study(Context& context, Json& manifest, const IndexedData& data) {
  const StageTimer timer(context, "study");
  Study(context, manifest, data).run();
}

}  // namespace winnow::pipeline
