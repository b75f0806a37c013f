#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/scorer_job.hpp"
#include "training/row_text.hpp"
#include "training/training_options.hpp"

namespace winnow::pipeline {

/// What a training with LoRA leaves.
enum class LoraSave { adapter, merged, both };

/// Who trains: winnow over its ranks, or transformers' Trainer for models that no device holds.
enum class FinetuneEngine { native, torchrun };

/// Training of a model on a selection.
struct FinetuneJob {
  ModelScorer model;      ///< what of it is about scores says nothing
  std::string selection;  ///< whose rows; empty: all rows of the data set
  FinetuneEngine engine = FinetuneEngine::native;
  std::uint64_t epochs = 3;
  std::uint64_t batch = 32;  ///< rows of an optimizer step
  double warmup = 0.03;      ///< of all steps where below 1, else steps
  bool shuffle = true;       ///< anew each epoch
  bool drop_last = false;    ///< an epoch's last batch, where it is not whole
  training::Learnt learnt = training::Learnt::answers;
  bool ends_as_template = false;  ///< targets, not with the tokenizer's EOS
  /// Its rate's steps are not known before the rows are.
  training::TrainingOptions options;
  LoraSave lora_save = LoraSave::both;
  /// TrainingOptions::deterministic; nothing: on CPUs alone.
  std::optional<bool> deterministic;
  double save_minutes = 10;  ///< between resume states within an epoch; 0: none
  std::uint64_t keep = 1;    ///< checkpoints of epochs before the last
};

}  // namespace winnow::pipeline
