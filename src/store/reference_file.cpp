#include "store/reference_file.hpp"

#include <span>

#include <fmt/format.h>

#include "store/parallel_file.hpp"
#include "store/read_file.hpp"
#include "store/schema.hpp"

namespace winnow::store {
namespace {

std::string path_of(const Field& field) { return fmt::format("/{}", field.name); }

}  // namespace

void write_reference(const std::filesystem::path& path, const Reference& reference) {
  ParallelFile file(mpi::Communicator::self(), path, kind::kReference);
  file.set_attributes("/", {{"made_from", reference.made_from}});
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
  return found;
}

}  // namespace winnow::store
