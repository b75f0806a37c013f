#include "pipeline/generator.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/model_config.hpp"
#include "scoring/answer_text.hpp"

namespace winnow::pipeline {

Generator open_generator(const ModelScorer& model, const std::string& join) {
  Generator generator{tokenizer::Tokenizer::load(model.path), nullptr, {}, 0};
  const data::TemplateOptions options{model.system, join};
  generator.prompt =
      model.prompt_template == "auto"
          ? data::template_for_folder(model.path, generator.tokenizer.chat_template(), options)
          : data::make_template(model.prompt_template, options);
  generator.stop_ids =
      scoring::stop_ids(generator.tokenizer, *generator.prompt, model::end_of_text_ids(model.path));
  const std::uint32_t positions = model::read_decoder_config(model.path).max_positions;
  if (model.max_length > positions)
    throw core::UsageError(fmt::format("model.max_length: {}, but {} takes at most {} tokens",
                                       model.max_length, model.path.string(), positions));
  generator.max_length = model.max_length == 0 ? positions : model.max_length;
  return generator;
}

std::unique_ptr<model::IncrementalModel> open_incremental_model(const ModelScorer& model,
                                                                const Generator& generator,
                                                                int device, int threads) {
  const model::LoadOptions load{
      .precision = model.dtype == "fp32" ? model::Precision::fp32 : model::Precision::bf16,
      .device = device,
      .threads = threads};
  auto loaded = model::load_incremental_model(model.path, load);
  if (generator.tokenizer.vocabulary_size() > loaded->info().vocabulary_size)
    throw core::ModelError(
        fmt::format("{}: tokenizer.json has {} tokens, the model's embedding {} rows: expected at "
                    "least as many",
                    model.path.string(), generator.tokenizer.vocabulary_size(),
                    loaded->info().vocabulary_size));
  return loaded;
}

}  // namespace winnow::pipeline
