#include "store/selection_file.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "store/parallel_file.hpp"
#include "store/read_file.hpp"
#include "store/schema.hpp"

namespace winnow::store {
namespace {

std::string path_of(const Field& field) { return fmt::format("/{}", field.name); }

Attributes attributes_of(const SelectionInfo& info) {
  Attributes result{{"method", info.method},           {"budget_asked", info.budget_asked},
                    {"budget_rows", info.budget_rows}, {"rows", info.rows},
                    {"eligible", info.eligible},       {"code_version", info.code_version}};
  if (info.budget_tokens) result.push_back({"budget_tokens", *info.budget_tokens});
  for (std::size_t status = 0; status < info.status_counts.size(); ++status)
    result.push_back(
        {fmt::format("count_{}", core::kScoreStatusNames[status]), info.status_counts[status]});
  for (const Attribute& parameter : info.parameters)
    result.push_back({fmt::format("parameter_{}", parameter.name), parameter.value});
  result.insert(result.end(), info.more.begin(), info.more.end());
  return result;
}

}  // namespace

void write_selection(const std::filesystem::path& path, const SelectionInfo& info,
                     const SelectionColumns& columns) {
  ParallelFile file(mpi::Communicator::self(), path, kind::kSelection);
  file.set_attributes("/", attributes_of(info));
  file.write_replicated(path_of(pick::kRow), columns.row, attributes_of(pick::kRow));
  const auto write = [&](const Field& field, std::span<const double> values) {
    if (!values.empty())
      file.write_rows(path_of(field), columns.row.size(), {0, values.size()}, values,
                      attributes_of(field));
  };
  write(pick::kGain, columns.gain);
  write(pick::kScore, columns.score);
  write(pick::kDiversity, columns.diversity);
  if (!columns.left_out_by.empty())
    file.write_rows(path_of(pick::kLeftOutBy), info.rows, {0, info.rows}, columns.left_out_by,
                    attributes_of(pick::kLeftOutBy));
  file.finish();
}

void write_renumbered(const std::filesystem::path& path, const Selection& selection,
                      std::span<const std::uint64_t> row, std::uint64_t rows) {
  Attributes attributes = selection.attributes;
  std::erase_if(attributes, [](const Attribute& attribute) {
    return attribute.name == "kind" || attribute.name == "schema_version" ||
           attribute.name == "complete";  // ParallelFile's own.
  });
  for (Attribute& attribute : attributes)
    if (attribute.name == "rows") attribute.value = rows;
  ParallelFile file(mpi::Communicator::self(), path, kind::kSelection);
  file.set_attributes("/", attributes);
  file.write_replicated(path_of(pick::kRow), row, attributes_of(pick::kRow));
  const auto write = [&](const Field& field, const std::optional<std::vector<double>>& values) {
    if (values)
      file.write_rows(path_of(field), row.size(), {0, row.size()}, std::span<const double>(*values),
                      attributes_of(field));
  };
  write(pick::kGain, selection.gain);
  write(pick::kScore, selection.score);
  write(pick::kDiversity, selection.diversity);
  file.finish();
}

Selection read_selection(const std::filesystem::path& path) {
  const ReadFile file(path, kind::kSelection);
  Selection selection;
  selection.row = file.read_all<std::uint64_t>(path_of(pick::kRow));
  const std::uint64_t picks = selection.row.size();
  const std::uint64_t rows = file.integer_attribute("/", "rows");
  for (const std::uint64_t row : selection.row)
    if (row >= rows)
      throw core::ModelError(fmt::format("{}: damaged: {} holds row {}, the data set has {} rows",
                                         path.string(), path_of(pick::kRow), row, rows));
  const auto read = [&](const Field& field) -> std::optional<std::vector<double>> {
    if (!file.has(path_of(field))) return std::nullopt;
    return file.read_rows<double>(path_of(field), picks, {0, picks});
  };
  selection.gain = read(pick::kGain);
  selection.score = read(pick::kScore);
  selection.diversity = read(pick::kDiversity);
  if (file.has(path_of(pick::kLeftOutBy)))
    selection.left_out_by =
        file.read_rows<std::uint8_t>(path_of(pick::kLeftOutBy), rows, {0, rows});
  selection.attributes = file.attributes("/");
  return selection;
}

}  // namespace winnow::store
