#include "pipeline/weights_fingerprint.hpp"

#include <functional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/weight_files.hpp"
#include "pipeline/manifest.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

void expect_as_sealed(const std::filesystem::path& folder, const std::function<void()>& stop) {
  if (const auto changed = training::changed_file(folder, stop))
    throw core::ModelError(fmt::format(
        "{}: not as it was when winnow left this folder: expected it unchanged (`winnow finetune` "
        "makes the folder again), or no {} beside it",
        (folder / *changed).string(), training::kSealFile));
}

}  // namespace

std::string weights_fingerprint(const Context& context, nlohmann::ordered_json& manifest,
                                const std::string& name, const ModelScorer& scorer) {
  const model::WeightFiles weights(scorer.path);
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const std::filesystem::path& file : weights.files()) files.push_back(stamped(file));
  nlohmann::ordered_json& noted = manifest["models"][name];
  if (!noted.is_object() || noted.value("files", nlohmann::ordered_json()) != files) {
    const auto stop = [&] {
      if (context.stop_requested)
        throw core::Interrupted(
            fmt::format("stopped on request while {} was hashed", scorer.path.string()));
    };
    expect_as_sealed(scorer.path, stop);
    noted = {{"files", files}, {"fingerprint", weights.fingerprint(stop)}};
  }
  if (scorer.revision.empty())
    noted.erase("revision");
  else
    noted["revision"] = scorer.revision;
  return noted.at("fingerprint").get<std::string>();
}

}  // namespace winnow::pipeline
