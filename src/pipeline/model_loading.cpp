#include "pipeline/model_loading.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/communicator.hpp"
#include "mpi/device.hpp"
#include "pipeline/staged_weights.hpp"

namespace winnow::pipeline {

std::uint32_t max_length_of(const ModelScorer& scorer, std::uint32_t model_positions) {
  if (scorer.max_length == 0) return model_positions;
  if (scorer.max_length > model_positions)
    throw core::UsageError(fmt::format("{}: {}, but {} takes at most {} tokens",
                                       scorer.max_length_place, scorer.max_length,
                                       scorer.path.string(), model_positions));
  return scorer.max_length;
}

std::unique_ptr<data::PromptTemplate> open_prompt(const ModelScorer& scorer,
                                                  const tokenizer::Tokenizer& tokenizer,
                                                  const std::string& join) {
  const data::TemplateOptions options{scorer.system, join};
  if (scorer.prompt_template == "auto")
    return data::template_for_folder(scorer.path, tokenizer.chat_template(), options);
  return data::make_template(scorer.prompt_template, options);
}

model::LoadOptions load_options(const Context& context, const ModelScorer& scorer,
                                const ScorerBinding& binding, model::ModelUse use,
                                const std::string& what) {
  const mpi::Communicator& ranks = context.communicator;
  const bool on_cuda = binding.at("device").get<std::string>() == "cuda";
  const int devices = model::cuda_device_count();
  mpi::agree_on(ranks, [&] {
    if (on_cuda && devices == 0)
      throw core::EnvironmentError(
          fmt::format("{}: begun on CUDA devices, found none on rank {}: expected one, or another "
                      "--out or name",
                      what, ranks.rank()));
  });
  const mpi::NodePlace place = mpi::node_place(ranks);
  const bool is_fp32 = binding.at("dtype").get<std::string>() == "fp32";
  const model::LoadOptions load{
      .precision = is_fp32 ? model::Precision::fp32 : model::Precision::bf16,
      .device = on_cuda ? mpi::device_of(place.rank, devices).value() : -1,
      .threads = binding.at("threads").get<int>(),
      .processes = place.size,
      .profile = context.profile,
      .weights = staged_weights(context, scorer, binding.at("model").get<std::string>())};
  mpi::agree_on(ranks, [&] { model::expect_memory_for(scorer.path, load, use); });
  return load;
}

void require_embeddings_for_all_tokens(const std::filesystem::path& folder,
                                       const tokenizer::Tokenizer& tokenizer,
                                       const model::ModelInfo& info) {
  if (tokenizer.vocabulary_size() > info.vocabulary_size)
    throw core::ModelError(fmt::format(
        "{}: tokenizer.json has {} tokens, the model's embedding {} rows: expected at least as "
        "many",
        folder.string(), tokenizer.vocabulary_size(), info.vocabulary_size));
}

}  // namespace winnow::pipeline
