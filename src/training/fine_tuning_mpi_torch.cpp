#include "training/fine_tuning_mpi.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/available_memory.hpp"
#include "core/error.hpp"
#include "model/device_torch.hpp"
#include "model/language_model_torch.hpp"
#include "model/model_errors_torch.hpp"
#include "mpi/agree.hpp"
#include "training/adapter_folder_torch.hpp"
#include "training/lora_parameters_torch.hpp"
#include "training/lora_targets.hpp"
#include "training/model_folder_torch.hpp"
#include "training/resume_state_mpi.hpp"
#include "training/trainer_mpi_torch.hpp"
#include "training/training_memory.hpp"

namespace winnow::training {
namespace {

class TorchFineTuning final : public FineTuning {
 public:
  TorchFineTuning(const mpi::Communicator& communicator, const model::DecoderConfig& config,
                  model::ModelInfo info, const model::DecoderWeights& weights,
                  const TrainingOptions& options)
      : communicator_(communicator),
        info_(std::move(info)),
        trainer_(communicator, config, info_, weights, options),
        lora_(options.lora),
        folder_options_{.source = info_.folder, .is_bf16 = options.is_bf16} {}

  [[nodiscard]] const model::ModelInfo& info() const override { return info_; }
  [[nodiscard]] std::uint64_t steps() const override { return trainer_.update().steps(); }

  StepReport step(std::span<const TrainingRow> rows, const StepRows& batch,
                  std::uint64_t epoch) override {
    return trainer_.step(rows, batch, epoch);
  }

  [[nodiscard]] std::vector<PairLogProbs> log_probs(std::span<const TrainingRow> pairs) override {
    return trainer_.log_probs(pairs);
  }

  [[nodiscard]] std::unique_ptr<model::CausalLanguageModel> language_model(
      model::Precision precision, bool profile) const override {
    return model::language_model_of(trainer_.config(), info_, merged_weights(trainer_.parameters()),
                                    precision, profile);
  }

  void write_model(const std::filesystem::path& target,
                   const std::string& made_from) const override {
    write_model_folder(target, tensors(), folder_options_, made_from);
  }
  [[nodiscard]] std::uint64_t model_bytes() const override {
    return weight_bytes(tensors(), folder_options_);
  }
  void write_adapter(const std::filesystem::path& target,
                     const std::string& made_from) const override {
    core::check(lora_.has_value(), "adapters are of a training that has them");
    write_adapter_folder(target, adapter_tensors(trainer_.config(), trainer_.parameters()),
                         trainer_.config(), *lora_, folder_options_, made_from);
  }

  void write_resume_state(const std::filesystem::path& folder,
                          const std::string& made_from) const override {
    trainer_.update().with_state([&](const OptimizerSlice& slice) {
      training::write_resume_state(communicator_, slice, folder, made_from);
    });
  }
  void read_resume_state(const std::filesystem::path& folder,
                         const std::string& made_from) override {
    trainer_.update().restore(
        training::read_resume_state(communicator_, trainer_.update().place(), folder, made_from));
  }
  [[nodiscard]] std::uint64_t resume_bytes() const override {
    return resume_state_bytes(trainer_.update().place().elements);
  }

 private:
  [[nodiscard]] std::vector<NamedTensor> tensors() const {
    const Parameters& parameters = trainer_.parameters();
    return named_tensors(trainer_.config(), parameters.weights, parameters.adapters);
  }

  const mpi::Communicator& communicator_;
  model::ModelInfo info_;
  Trainer trainer_;
  std::optional<LoraOptions> lora_;
  ModelFolderOptions folder_options_;
};

double gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << 30);
}

TrainingSize size_of(const model::DecoderConfig& config,
                     const std::shared_ptr<model::WeightFiles>& files,
                     const TrainingOptions& options) {
  const std::uint64_t parameters =
      model::load_decoder_weights(config, files, model::Arithmetic::fp32, at::kMeta).parameters;
  if (!options.lora) return {parameters, 0};
  return {adapter_elements(config, *options.lora), parameters};
}

/// Says that training cannot fit instead of being killed later.
void expect_training_memory(const TrainingSize& size, const mpi::Communicator& communicator,
                            const model::LoadOptions& load, const std::string& folder,
                            bool deterministic) {
  if (load.device >= 0 && !deterministic) return;  // All of it is on the device.
  const std::optional<std::uint64_t> available = core::available_memory();
  const TrainingMemory needed = training_memory(
      size.trained, size.frozen, static_cast<std::uint64_t>(communicator.size()), deterministic);
  const auto processes = static_cast<std::uint64_t>(load.processes);
  if (!available || needed.all() * processes <= *available) return;
  throw core::EnvironmentError(fmt::format(
      "{}: training {} parameters over {} frozen ones needs about {:.1f} GiB of memory for each of "
      "{} ranks on this "
      "machine ({:.1f} weights, {:.1f} gradients, {:.1f} exchange, {:.1f} optimizer) and what "
      "passes through the layers, {:.1f} GiB are free: expected a smaller model, fewer ranks on a "
      "machine, or more machines",
      folder, size.trained, size.frozen, gib(needed.all()), processes, gib(needed.weights),
      gib(needed.gradients), gib(needed.exchange), gib(needed.optimizer), gib(*available)));
}

}  // namespace

TrainingSize training_size(const std::filesystem::path& folder, const TrainingOptions& options) {
  return size_of(model::read_decoder_config(folder), std::make_shared<model::WeightFiles>(folder),
                 options);
}

std::unique_ptr<FineTuning> open_fine_tuning(const mpi::Communicator& communicator,
                                             const std::filesystem::path& folder,
                                             const model::LoadOptions& load,
                                             const TrainingOptions& options) {
  // Each rank reads the folder: what one of them cannot read ends all of them.
  const model::DecoderConfig config =
      mpi::agree_on(communicator, [&] { return model::read_decoder_config(folder); });
  const auto files = mpi::agree_on(communicator, [&] {
    return std::make_shared<model::WeightFiles>(load.weights.empty() ? folder : load.weights);
  });
  mpi::agree_on(communicator, [&] {
    expect_training_memory(size_of(config, files, options), communicator, load, folder.string(),
                           options.deterministic);
  });
  const at::Device device =
      mpi::agree_on(communicator, [&] { return model::prepare_device(load); });
  model::ModelInfo info{.architecture = config.architecture,
                        .parameters = 0,
                        .vocabulary_size = config.vocabulary_size,
                        .hidden_size = config.hidden_size,
                        .max_positions = config.max_positions,
                        .folder = folder.string()};
  return mpi::agree_on(communicator, [&] {
    return model::with_model_errors(folder.string(), device, [&]() -> std::unique_ptr<FineTuning> {
      const model::DecoderWeights weights =
          model::load_decoder_weights(config, files, model::Arithmetic::fp32, device);
      info.parameters = weights.parameters;
      return std::make_unique<TorchFineTuning>(communicator, config, info, weights, options);
    });
  });
}

}  // namespace winnow::training
