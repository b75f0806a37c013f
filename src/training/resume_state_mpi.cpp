#include "training/resume_state_mpi.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
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
constexpr std::array<const char*, 3> kParts = {"weights", "first_moment", "second_moment"};

std::string head_of(std::uint64_t elements) {
  std::vector<model::TensorHead> heads;
  for (const char* part : kParts) heads.push_back({part, "F32", {elements}});
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
  return head_of(elements).size() + kParts.size() * sizeof(float) * elements + 4096;
}

void write_resume_state(const mpi::Communicator& communicator, const ShardedAdamw& optimizer,
                        const fs::path& folder, const std::string& made_from) {
  const std::uint64_t elements = optimizer.elements();
  const std::string head = head_of(elements);
  std::optional<PendingFolder> pending;
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    pending.emplace(folder);
    auto file = core::SharedFile::create(pending->path() / kTensorsFile,
                                         head.size() + kParts.size() * sizeof(float) * elements);
    file.write_at(0, std::as_bytes(std::span(head)));
    file.sync();
  });
  const std::array<std::span<const float>, 3> parts = {
      optimizer.weights(), optimizer.first_moment(), optimizer.second_moment()};
  mpi::agree_on(communicator, [&] {
    auto file = core::SharedFile::open_to_write(pending_path(folder) / kTensorsFile);
    for (std::size_t part = 0; part < parts.size(); ++part)
      file.write_at(head.size() + sizeof(float) * (part * elements + optimizer.begin()),
                    std::as_bytes(parts[part]));
    file.sync();
  });
  Json state;
  state["steps"] = optimizer.steps();
  state["elements"] = elements;
  for (std::size_t part = 0; part < parts.size(); ++part)
    state["hashes"][kParts[part]] = hash_of_all(communicator, parts[part]);
  state["made_from"] = made_from;
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    core::write_file(pending->path() / kStateFile, state.dump(1) + "\n");
    pending->publish();
  });
}

void read_resume_state(const mpi::Communicator& communicator, ShardedAdamw& optimizer,
                       const fs::path& folder, const std::string& made_from,
                       std::span<float> weights) {
  const fs::path path = folder / kTensorsFile;
  std::array<std::vector<float>, 3> parts;
  const Json state = mpi::agree_on(communicator, [&] {
    Json read = read_state(folder);
    if (read.at("made_from") != made_from)
      throw core::ModelError(
          fmt::format("{}: of a training with other settings", (folder / kStateFile).string()));
    const std::uint64_t elements = optimizer.elements();
    if (read.at("elements") != elements)
      refuse(folder / kStateFile, fmt::format("{} elements, expected the model's {}",
                                              read.at("elements").dump(), elements));
    const std::string head = head_of(elements);
    try {
      const auto file = core::SharedFile::open_to_read(path);
      for (std::size_t part = 0; part < parts.size(); ++part) {
        parts[part].resize(optimizer.size());
        file.read_at(head.size() + sizeof(float) * (part * elements + optimizer.begin()),
                     std::as_writable_bytes(std::span(parts[part])));
      }
    } catch (const core::EnvironmentError& error) {
      throw core::ModelError(error.what());
    }
    return read;
  });
  std::array<std::string, 3> hashes;
  for (std::size_t part = 0; part < parts.size(); ++part)
    hashes[part] = hash_of_all(communicator, parts[part]);
  mpi::agree_on(communicator, [&] {
    for (std::size_t part = 0; part < parts.size(); ++part)
      if (state.at("hashes").value(kParts[part], "") != hashes[part])
        refuse(path, fmt::format("`{}` is not what was written", kParts[part]));
    core::check(state.at("steps").is_number_unsigned(), "a resume state tells its steps");
  });
  optimizer.restore(state.at("steps").get<std::uint64_t>(), std::move(parts[0]),
                    std::move(parts[1]), std::move(parts[2]), weights);
}

}  // namespace winnow::training
