#include "pipeline/finetune_results.hpp"

#include <algorithm>

#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::vector<fs::path> FinetuneResults::folders() const {
  std::vector<fs::path> folders;
  if (has_adapter()) folders.push_back(checkpoints_.adapter());
  if (has_model()) folders.push_back(checkpoints_.final());
  return folders;
}

bool FinetuneResults::are_sealed(const std::string& made_from) const {
  return std::ranges::all_of(
      folders(), [&](const fs::path& folder) { return training::is_sealed(folder, made_from); });
}

void FinetuneResults::write(const training::FineTuning& tuning,
                            const std::string& made_from) const {
  if (has_adapter()) tuning.write_adapter(checkpoints_.adapter(), made_from);
  if (has_model()) tuning.write_model(checkpoints_.final(), made_from);
}

void FinetuneResults::write_epoch(const training::FineTuning& tuning, std::uint64_t epoch,
                                  const std::string& made_from) const {
  if (has_model())
    tuning.write_model(checkpoints_.epoch(epoch), made_from);
  else
    tuning.write_adapter(checkpoints_.epoch(epoch), made_from);
}

std::uint64_t FinetuneResults::bytes(const training::FineTuning& tuning) const {
  const std::uint64_t folders = 2 + std::min(job_.keep, job_.epochs - 1);
  return folders *
         ((has_model() ? tuning.model_bytes() : 0) + (has_adapter() ? tuning.resume_bytes() : 0));
}

nlohmann::ordered_json lora_binding(const FinetuneJob& job) {
  constexpr const char* kSaves[] = {"adapter", "merged", "both"};
  nlohmann::ordered_json binding = nlohmann::ordered_json::object();
  if (!job.options.lora) return binding;
  binding["rank"] = job.options.lora->rank;
  binding["alpha"] = job.options.lora->alpha;
  if (job.options.lora->targets.empty())
    binding["targets"] = "all-linear";
  else
    binding["targets"] = job.options.lora->targets;
  binding["save"] = kSaves[static_cast<std::size_t>(job.lora_save)];
  return binding;
}

}  // namespace winnow::pipeline
