#include "pipeline/generator.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/model_config.hpp"
#include "pipeline/model_loading.hpp"
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
                                                                const model::LoadOptions& load) {
  auto loaded = model::load_incremental_model(model.path, load);
  require_embeddings_for_all_tokens(model.path, generator.tokenizer, loaded->info());
  return loaded;
}

}  // namespace winnow::pipeline
