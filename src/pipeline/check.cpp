#include "pipeline/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/data_set.hpp"
#include "model/model_config.hpp"
#include "model/weight_files.hpp"
#include "pipeline/generator.hpp"
#include "pipeline/model_scorer.hpp"
#include "pipeline/selection_chain.hpp"

namespace winnow::pipeline {

nlohmann::ordered_json check(const Job& job) {
  nlohmann::ordered_json plan;
  plan["name"] = job.name;
  plan["run_folder"] = job.run_folder.string();
  plan["data"] = fmt::format("{}", fmt::join(data::resolve_files(job.data.paths), ", "));
  plan["scorers"] = nlohmann::ordered_json::array();
  for (const Scorer& scorer : job.scorers) {
    if (scorer.imported) {
      if (!std::filesystem::exists(scorer.imported->path))
        throw core::DataError(
            fmt::format("{}: missing, expected imported scores", scorer.imported->path.string()));
      plan["scorers"].push_back(fmt::format("{}: {} imported as {}", scorer.name,
                                            scorer.imported->path.string(), scorer.imported->as));
      continue;
    }
    const OpenScorer opened = open_scorer(*scorer.model, job);
    const model::DecoderConfig config = opened.kind == model::ModelKind::text_encoder
                                            ? model::read_encoder_config(scorer.model->path)
                                            : model::read_decoder_config(scorer.model->path);
    const model::WeightFiles weights(scorer.model->path);
    plan["scorers"].push_back(
        fmt::format("{}: {} ({} layers, {} wide), template {}, {}, at most {} tokens", scorer.name,
                    scorer.model->path.string(), config.layers.size(), config.hidden_size,
                    opened.prompt ? opened.prompt->name() : "none", scorer.model->dtype,
                    opened.options.max_length));
  }
  plan["selections"] = nlohmann::ordered_json::array();
  for (const SelectionJob& selection : job.selections)
    plan["selections"].push_back(fmt::format("{}: {}", selection.name, described(selection)));
  if (job.generation) {
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
  return plan;
}

}  // namespace winnow::pipeline
