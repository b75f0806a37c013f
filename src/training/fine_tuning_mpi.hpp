#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/language_model.hpp"
#include "mpi/communicator.hpp"
#include "training/epoch_plan.hpp"
#include "training/preference_loss.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"

namespace winnow::training {

/// One optimizer step, equal on all ranks.
struct StepReport {
  std::uint64_t step = 0;  ///< from 1
  double loss = 0;         ///< nats, as the reduction says
  double learning_rate = 0;
  double gradient_norm = 0;
  std::uint64_t rows = 0;
  std::uint64_t tokens = 0;                  ///< that went through the model
  std::uint64_t targets = 0;                 ///< of them, those that are learnt
  std::optional<PreferenceSums> preference;  ///< over a batch of pairs
};

/// A decoder in training over the ranks, each with its own device. No torch types: callers compile
/// without libtorch. On the CPU the weights after any number of steps are the same bits for any
/// number of ranks (at equal threads per rank and math-library mode).
class FineTuning {
 public:
  virtual ~FineTuning() = default;
  [[nodiscard]] virtual const model::ModelInfo& info() const = 0;
  [[nodiscard]] virtual std::uint64_t steps() const = 0;  ///< that were taken

  /// Collective. One step on the batch.
  /// @param rows   of the whole epoch, by place; those of this rank's shards are read
  /// @param batch  places in `rows`, equal on all ranks
  /// @param epoch  seeds the noise
  /// @throws core::ModelError on all ranks, naming the row whose loss is not finite, or when the
  /// gradient is not: the weights are unchanged; or when the new weights are not: no further step
  /// may be taken, and nothing written
  virtual StepReport step(std::span<const TrainingRow> rows, const StepRows& batch,
                          std::uint64_t epoch) = 0;

  /// By this rank alone: what the model as it is now says of both answers of each pair, through the
  /// passes of a step. [pairs]
  [[nodiscard]] virtual std::vector<PairLogProbs> log_probs(std::span<const TrainingRow> pairs) = 0;

  /// The model as it is now, adapters merged, to score with; the next step must not be taken while
  /// it lives.
  [[nodiscard]] virtual std::unique_ptr<model::CausalLanguageModel> language_model(
      model::Precision precision, bool profile) const = 0;

  /// Root only. A Hugging Face folder of the weights (model_folder_torch.hpp), into which adapters
  /// are merged.
  virtual void write_model(const std::filesystem::path& target,
                           const std::string& made_from) const = 0;
  [[nodiscard]] virtual std::uint64_t model_bytes() const = 0;
  /// Root only, of adapters alone: a folder that PEFT loads (adapter_folder_torch.hpp).
  virtual void write_adapter(const std::filesystem::path& target,
                             const std::string& made_from) const = 0;

  /// Collective; resume_state_mpi.hpp.
  virtual void write_resume_state(const std::filesystem::path& folder,
                                  const std::string& made_from) const = 0;
  virtual void read_resume_state(const std::filesystem::path& folder,
                                 const std::string& made_from) = 0;
  [[nodiscard]] virtual std::uint64_t resume_bytes() const = 0;
};

/// Parameters that a training changes, the model's or of adapters beside it, and those it leaves.
struct TrainingSize {
  std::uint64_t trained = 0;
  std::uint64_t frozen = 0;
  [[nodiscard]] std::uint64_t of_model() const { return frozen > 0 ? frozen : trained; }
};

/// One process. By the folder's config and the heads of its weight files; no tensor is read.
/// @throws core::UsageError, core::ModelError as open_fine_tuning, naming a tensor that is missing
[[nodiscard]] TrainingSize training_size(const std::filesystem::path& folder,
                                         const TrainingOptions& options);

/// Collective. Loads a Hugging Face folder to be trained.
/// @throws core::UsageError naming a target of LoRA that the model does not have,
/// core::ModelError as the loaders of models, core::EnvironmentError without the device or
/// where its memory, or that of the machine, is too small: with the estimate and what to lower
[[nodiscard]] std::unique_ptr<FineTuning> open_fine_tuning(const mpi::Communicator& communicator,
                                                           const std::filesystem::path& folder,
                                                           const model::LoadOptions& load,
                                                           const TrainingOptions& options);

}  // namespace winnow::training
