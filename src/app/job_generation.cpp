#include "app/job_generation.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/job_data.hpp"
#include "app/job_names.hpp"
#include "app/job_scorers.hpp"

namespace winnow::app {
namespace {

constexpr std::uint64_t kMostTopK = 1U << 24;

/// Rows that need no answer.
data::SourceOptions read_questions(YamlSection& section, const pipeline::Job& job) {
  data::SourceOptions source = read_own_source(section, "data", job.data);
  source.answer_required = false;
  return source;
}

}  // namespace

pipeline::GenerationJob read_generation(YamlSection& section, const pipeline::Job& job) {
  const pipeline::Scorer& scorer = scorer_with_model(section, job, "answers");
  pipeline::GenerationJob generation;
  generation.model = *scorer.model;
  generation.name = section.text("name").value_or(scorer.name);
  if (!is_group_name(generation.name))
    section.fail("name", "expected a name of at most 200 letters, digits, '_', '-' and '.'");
  if (generation.name.find(".jsonl") != std::string::npos)
    section.fail("name", fmt::format("'{}' holds .jsonl, by which the files of replies are told "
                                     "from their folders",
                                     generation.name));
  if (section.has("data")) generation.data = read_questions(section, job);
  model::SamplingOptions& sampling = generation.sampling;
  sampling.temperature = section.number("temperature", 0, 100).value_or(0);
  sampling.top_p = section.number("top_p", 1e-6, 1).value_or(1);
  sampling.top_k =
      static_cast<std::uint32_t>(section.unsigned_integer("top_k", 0, kMostTopK).value_or(0));
  sampling.repetition_penalty = section.number("repetition_penalty", 0.01, 100).value_or(1);
  generation.seed = section.unsigned_integer("seed", 0, ~0ULL).value_or(0);
  if (sampling.temperature == 0)
    for (const char* key : {"top_p", "top_k", "seed"})
      if (section.has(key))
        section.fail(key, "given, but without a temperature above 0 nothing is sampled");
  generation.max_new_tokens = static_cast<std::uint32_t>(
      section.unsigned_integer("max_new_tokens", 1, kMostNewTokens).value_or(512));
  generation.stop = section.texts("stop").value_or(std::vector<std::string>{});
  for (const std::string& stop : generation.stop)
    if (stop.empty()) section.fail("stop", "holds an empty text, which stands everywhere");
  generation.block_rows = section.unsigned_integer("block_rows", 1, 1U << 20).value_or(32);
  section.finish();
  return generation;
}

}  // namespace winnow::app
