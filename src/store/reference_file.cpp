#include "store/reference_file.hpp"

#include <cstddef>
#include <span>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "store/parallel_file.hpp"
#include "store/read_file.hpp"
#include "store/schema.hpp"

namespace winnow::store {
namespace {

/// XXH3-128 of all numbers.
std::string hash_of(const Reference& reference) {
  std::string hashes;
  const auto add = [&](const auto& values) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(values));
    hashes +=
        core::to_hex(core::hash128({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  };
  add(reference.row);
  add(reference.chosen);
  add(reference.rejected);
  add(reference.chosen_tokens);
  add(reference.rejected_tokens);
  return core::to_hex(core::hash128(hashes));
}

std::string path_of(const Field& field) { return fmt::format("/{}", field.name); }

}  // namespace

void write_reference(const std::filesystem::path& path, const Reference& reference) {
  ParallelFile file(mpi::Communicator::self(), path, kind::kReference);
  file.set_attributes("/", {{"made_from", reference.made_from}, {"xxh3_128", hash_of(reference)}});
  const auto write = [&]<typename T>(const Field& field, const std::vector<T>& values) {
    file.write_replicated(path_of(field), std::span<const T>(values), attributes_of(field));
  };
  write(reference::kRow, reference.row);
  write(reference::kChosen, reference.chosen);
  write(reference::kRejected, reference.rejected);
  write(reference::kChosenTokens, reference.chosen_tokens);
  write(reference::kRejectedTokens, reference.rejected_tokens);
  file.finish();
}

Reference read_reference(const std::filesystem::path& path) {
  const ReadFile file(path, kind::kReference);
  Reference found;
  found.made_from = file.text_attribute("/", "made_from");
  found.row = file.read_all<std::uint64_t>(path_of(reference::kRow));
  const auto read = [&]<typename T>(const Field& field, std::vector<T>& values) {
    values = file.read_rows<T>(path_of(field), found.row.size(), {0, found.row.size()});
  };
  read(reference::kChosen, found.chosen);
  read(reference::kRejected, found.rejected);
  read(reference::kChosenTokens, found.chosen_tokens);
  read(reference::kRejectedTokens, found.rejected_tokens);
  if (file.text_attribute("/", "xxh3_128") != hash_of(found))
    throw core::ModelError(
        fmt::format("{}: damaged: its numbers are not those that were written", path.string()));
  return found;
}

}  // namespace winnow::store
