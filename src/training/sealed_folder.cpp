#include "training/sealed_folder.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLargestSeal = 16 << 20;

Json hashes_of(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kSealFile) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  Json hashes = Json::object();
  for (const std::string& name : names)
    hashes[name] = core::to_hex(core::hash_file((folder / name).string()));
  return hashes;
}

/// Null where there is none, or a damaged one.
Json read_seal(const fs::path& folder) {
  if (!fs::exists(folder / kSealFile)) return {};
  const Json seal = Json::parse(core::read_file(folder / kSealFile, kLargestSeal), nullptr,
                                /*allow_exceptions=*/false);
  return seal.is_object() ? seal : Json();
}

}  // namespace

void seal_folder(const fs::path& folder, const std::string& made_from) {
  const Json seal = {{"made_from", made_from}, {"xxh3_128", hashes_of(folder)}};
  core::write_file(folder / kSealFile, seal.dump(1) + "\n");
}

std::optional<std::string> sealed_from(const fs::path& folder) {
  const Json seal = read_seal(folder);
  if (!seal.is_object() || !seal.value("made_from", Json()).is_string()) return std::nullopt;
  return seal.at("made_from").get<std::string>();
}

bool is_sealed(const fs::path& folder, const std::string& made_from) {
  const Json seal = read_seal(folder);
  return seal.is_object() && seal.value("made_from", Json()) == made_from &&
         seal.value("xxh3_128", Json()) == hashes_of(folder);
}

std::optional<std::string> changed_file(const fs::path& folder,
                                        const std::function<void()>& between_pieces) {
  if (!fs::exists(folder / kSealFile)) return std::nullopt;
  const Json seal = read_seal(folder);
  if (!seal.is_object() || !seal.value("xxh3_128", Json()).is_object()) return kSealFile;
  for (const auto& [name, hash] : seal.at("xxh3_128").items())
    if (!fs::is_regular_file(folder / name) ||
        hash != core::to_hex(core::hash_file((folder / name).string(), between_pieces)))
      return name;
  return std::nullopt;
}

}  // namespace winnow::training
