#include "pipeline/weights_fingerprint.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/weight_files.hpp"
#include "pipeline/manifest.hpp"

namespace winnow::pipeline {

std::string weights_fingerprint(const Context& context, nlohmann::ordered_json& manifest,
                                const std::string& name, const ModelScorer& scorer) {
  const model::WeightFiles weights(scorer.path);
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const std::filesystem::path& file : weights.files()) files.push_back(stamped(file));
  nlohmann::ordered_json& noted = manifest["models"][name];
  if (!noted.is_object() || noted.value("files", nlohmann::ordered_json()) != files)
    noted = {{"files", files},
             {"fingerprint", weights.fingerprint([&] {
                if (context.stop_requested)
                  throw core::Interrupted(
                      fmt::format("stopped on request while {} was hashed", scorer.path.string()));
              })}};
  if (scorer.revision.empty())
    noted.erase("revision");
  else
    noted["revision"] = scorer.revision;
  return noted.at("fingerprint").get<std::string>();
}

}  // namespace winnow::pipeline
