#include "training/resume_state_mpi.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/shared_file.hpp"
#include "model/safetensors_writer.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/gradient_sum.hpp"
#include "training/pending_folder.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLargestState = 256 << 20;
constexpr const char* kTensorsFile = "optimizer.safetensors";
constexpr const char* kStateFile = "state.json";

std::string head_of(std::uint64_t elements) {
  std::vector<model::TensorHead> heads;
  for (const char* part : kOptimizerParts) heads.push_back({part, "F32", {elements}});
  return model::safetensors_head(heads, {});
}

/// XXH3-64 of each block of kNormBlock elements.
std::vector<std::uint64_t> block_hashes(std::span<const float> values) {
  std::vector<std::uint64_t> hashes;
  for (std::size_t begin = 0; begin < values.size(); begin += kNormBlock) {
    const auto block = values.subspan(begin, std::min(kNormBlock, values.size() - begin));
    hashes.push_back(
        core::hash64({reinterpret_cast<const char*>(block.data()), block.size_bytes()}));
  }
  return hashes;
}

/// Collective. The hash of a whole part, of which this rank has a slice.
std::string hash_of_all(const mpi::Communicator& communicator, std::span<const float> slice) {
  const std::vector<std::uint64_t> own = block_hashes(slice);
  const auto all = mpi::all_gather(communicator, std::span<const std::uint64_t>(own)).values;
  return core::to_hex(core::hash128(
      {reinterpret_cast<const char*>(all.data()), all.size() * sizeof(std::uint64_t)}));
}

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw core::ModelError(fmt::format("{}: damaged: {}", file.string(), why));
}

Json read_state(const fs::path& folder) {
  const fs::path file = folder / kStateFile;
  std::string text;
  try {
    text = core::read_file(file, kLargestState);
  } catch (const core::EnvironmentError& error) {
    throw core::ModelError(error.what());
  }
  Json state = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object() || !state.contains("made_from") || !state.contains("hashes") ||
      !state.contains("steps") || !state.contains("elements"))
    refuse(file, "expected an object with made_from, steps, elements and hashes");
  return state;
}

}  // namespace

std::uint64_t resume_state_bytes(std::uint64_t elements) {
  return head_of(elements).size() + kOptimizerParts.size() * sizeof(float) * elements + 4096;
}

void write_resume_state(const mpi::Communicator& communicator, const OptimizerSlice& slice,
                        const fs::path& folder, const std::string& made_from) {
  const std::uint64_t elements = slice.place.elements;
  const std::string head = head_of(elements);
  std::optional<PendingFolder> pending;
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    pending.emplace(folder);
    auto file =
        core::SharedFile::create(pending->path() / kTensorsFile,
                                 head.size() + kOptimizerParts.size() * sizeof(float) * elements);
    file.write_at(0, std::as_bytes(std::span(head)));
    file.sync();
  });
  mpi::agree_on(communicator, [&] {
    auto file = core::SharedFile::open_to_write(pending_path(folder) / kTensorsFile);
    for (std::size_t part = 0; part < slice.parts.size(); ++part)
      file.write_at(head.size() + sizeof(float) * (part * elements + slice.place.begin),
                    std::as_bytes(slice.parts[part]));
    file.sync();
  });
  Json state;
  state["steps"] = slice.steps;
  state["elements"] = elements;
  for (std::size_t part = 0; part < slice.parts.size(); ++part)
    state["hashes"][kOptimizerParts[part]] = hash_of_all(communicator, slice.parts[part]);
  state["made_from"] = made_from;
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    core::write_file(pending->path() / kStateFile, state.dump(1) + "\n");
    pending->publish();
  });
}

RestoredSlice read_resume_state(const mpi::Communicator& communicator, const SlicePlace& place,
                                const fs::path& folder, const std::string& made_from) {
  const fs::path path = folder / kTensorsFile;
  RestoredSlice slice;
  const Json state = mpi::agree_on(communicator, [&] {
    Json read = read_state(folder);
    if (read.at("made_from") != made_from)
      throw core::ModelError(
          fmt::format("{}: of a training with other settings", (folder / kStateFile).string()));
    const std::uint64_t elements = place.elements;
    if (read.at("elements") != elements)
      refuse(folder / kStateFile, fmt::format("{} elements, expected the model's {}",
                                              read.at("elements").dump(), elements));
    const std::string head = head_of(elements);
    try {
      const auto file = core::SharedFile::open_to_read(path);
      for (std::size_t part = 0; part < slice.parts.size(); ++part) {
        slice.parts[part].resize(place.size);
        file.read_at(head.size() + sizeof(float) * (part * elements + place.begin),
                     std::as_writable_bytes(std::span(slice.parts[part])));
      }
    } catch (const core::EnvironmentError& error) {
      throw core::ModelError(error.what());
    }
    return read;
  });
  std::array<std::string, kOptimizerParts.size()> hashes;
  for (std::size_t part = 0; part < slice.parts.size(); ++part)
    hashes[part] = hash_of_all(communicator, slice.parts[part]);
  mpi::agree_on(communicator, [&] {
    for (std::size_t part = 0; part < slice.parts.size(); ++part)
      if (state.at("hashes").value(kOptimizerParts[part], "") != hashes[part])
        refuse(path, fmt::format("`{}` is not what was written", kOptimizerParts[part]));
    core::check(state.at("steps").is_number_unsigned(), "a resume state tells its steps");
  });
  slice.steps = state.at("steps").get<std::uint64_t>();
  return slice;
}

}  // namespace winnow::training
