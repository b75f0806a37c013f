#include "pipeline/generator.hpp"

#include "model/model_config.hpp"
#include "pipeline/model_loading.hpp"
#include "scoring/answer_text.hpp"

namespace winnow::pipeline {

Generator open_generator(const ModelScorer& model, const std::string& join) {
  Generator generator{tokenizer::Tokenizer::load(model.path), nullptr, {}, 0};
  generator.prompt = open_prompt(model, generator.tokenizer, join);
  generator.stop_ids =
      scoring::stop_ids(generator.tokenizer, *generator.prompt, model::end_of_text_ids(model.path));
  generator.max_length = max_length_of(model, model::read_decoder_config(model.path).max_positions);
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
