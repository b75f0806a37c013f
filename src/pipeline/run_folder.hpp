#pragma once

#include <filesystem>
#include <string>

namespace winnow::pipeline {

/// Where things stand in a run folder: names that other programs rely on.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)), training_(path_) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The same data, scores and selections, but what training and evaluation leave stands elsewhere.
  [[nodiscard]] RunFolder with_training_in(std::filesystem::path folder) const {
    RunFolder result = *this;
    result.training_ = std::move(folder);
    return result;
  }
  [[nodiscard]] std::filesystem::path manifest() const { return path_ / "manifest.json"; }
  [[nodiscard]] std::filesystem::path summary() const { return path_ / "summary.json"; }
  [[nodiscard]] std::filesystem::path index() const { return path_ / "index.h5"; }
  [[nodiscard]] std::filesystem::path scores() const { return path_ / "scores.h5"; }
  [[nodiscard]] std::filesystem::path tfidf() const { return path_ / "tfidf.h5"; }
  [[nodiscard]] std::filesystem::path log_folder() const { return path_ / "log"; }
  [[nodiscard]] std::filesystem::path log_file() const { return log_folder() / "winnow.log"; }
  [[nodiscard]] std::filesystem::path bad_rows() const { return log_folder() / "bad_rows.txt"; }
  [[nodiscard]] std::filesystem::path training_log_folder() const { return training_ / "log"; }
  [[nodiscard]] std::filesystem::path steps_log() const {
    return training_log_folder() / "steps.jsonl";
  }
  [[nodiscard]] std::filesystem::path checkpoints() const { return training_ / "checkpoints"; }
  /// What an epoch of `iterate` selected from, from 0: a run folder of its pool.
  [[nodiscard]] RunFolder epoch(std::uint64_t epoch) const {
    return RunFolder(training_ / "epochs" / std::to_string(epoch));
  }
  [[nodiscard]] std::filesystem::path rescoring_log() const {
    return training_log_folder() / "rescoring.jsonl";
  }
  [[nodiscard]] std::filesystem::path spool() const { return path_ / "spool"; }
  [[nodiscard]] std::filesystem::path journal(const std::string& scorer) const {
    return path_ / "journal" / scorer;
  }
  [[nodiscard]] std::filesystem::path selection_folder() const { return path_ / "selection"; }
  [[nodiscard]] std::filesystem::path selection(const std::string& name) const {
    return selection_folder() / (name + ".h5");
  }
  [[nodiscard]] std::filesystem::path replies(const std::string& name) const {
    return path_ / "replies" / (name + ".jsonl");
  }
  /// What a generation keeps to itself: its journal, and the index of its own data.
  [[nodiscard]] RunFolder generation(const std::string& name) const {
    return RunFolder(path_ / "replies" / name);
  }
  [[nodiscard]] std::filesystem::path evaluation_file() const {
    return training_ / "evaluation.json";
  }
  /// What the evaluation keeps to itself: its journals, and the index of its data.
  [[nodiscard]] RunFolder evaluation() const { return RunFolder(training_ / "evaluation"); }
  [[nodiscard]] std::filesystem::path evaluated_rows() const {
    return evaluation().path() / "rows.csv";
  }
  [[nodiscard]] std::filesystem::path benchmarks() const {
    return evaluation().path() / "benchmarks.csv";
  }
  /// A model's benchmarks: the recipe, and what the harness found for each task.
  [[nodiscard]] std::filesystem::path harness(const std::string& model) const {
    return evaluation().path() / "harness" / model;
  }
  [[nodiscard]] std::filesystem::path harness_log(const std::string& model) const {
    return log_folder() / ("harness." + model + ".log");
  }
  /// What a study leaves: its tables, and a folder for the training and evaluation of each cell.
  [[nodiscard]] std::filesystem::path study() const { return path_ / "study"; }

 private:
  std::filesystem::path path_;
  std::filesystem::path training_;  ///< path_ but in a cell of a study
};

}  // namespace winnow::pipeline
