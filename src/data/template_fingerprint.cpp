#include "data/template_fingerprint.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::data {
namespace {

/// Spaces at both ends of every message show what a template trims.
Sample probe(bool with_system, bool with_turns, bool with_input) {
  Sample sample;
  sample.instruction = " instruction ";
  sample.output = " output ";
  if (with_system) sample.system = " system ";
  if (with_turns)
    sample.history = {{Turn::Role::user, " question "}, {Turn::Role::assistant, " answer "}};
  if (with_input) sample.input = " input ";
  return sample;
}

std::string shown(const RenderedText& rendered) {
  return fmt::format("{} {} {} {}{}\n", rendered.answer_begin, rendered.answer_end,
                     rendered.scored_end, rendered.text, rendered.closing);
}

/// Hash of what `render` makes of the probes.
template <typename Render>
std::string fingerprint(Render render) {
  core::StreamHash hash;
  for (const bool with_system : {false, true})
    for (const bool with_turns : {false, true})
      for (const bool with_input : {false, true}) {
        try {
          hash.update(render(probe(with_system, with_turns, with_input)));
        } catch (const core::DataError&) {
          hash.update("refused\n");
        }
      }
  return core::to_hex(hash.digest());
}

}  // namespace

std::string template_fingerprint(const PromptTemplate& prompt) {
  return fingerprint([&](const Sample& sample) {
    const RenderedPair pair = prompt.render(sample);
    return shown(pair.conditional) + shown(pair.direct);
  });
}

std::string prompt_fingerprint(const PromptTemplate& prompt) {
  return fingerprint([&](const Sample& sample) { return prompt.render_prompt(sample) + "\n"; });
}

}  // namespace winnow::data
