#include "store/index_file.hpp"

#include "store/schema.hpp"

namespace winnow::store {
namespace {

std::string status_path() { return "/rows/" + std::string(row::kStatus.name); }
std::string input_path(std::uint64_t number) { return "/inputs/" + std::to_string(number); }
constexpr const char* kFields = "/inputs/fields";

IndexInfo read_info(const ReadFile& file) {
  IndexInfo info;
  const std::uint64_t inputs = file.integer_attribute("/inputs", "files");
  for (std::uint64_t i = 0; file.has(input_path(i)) && i < inputs; ++i) {
    const std::string path = input_path(i);
    info.inputs.push_back({file.text_attribute(path, "name"), file.integer_attribute(path, "bytes"),
                           file.text_attribute(path, "xxh3_128")});
  }
  info.format = file.text_attribute("/inputs", "format");
  info.container = file.text_attribute("/inputs", "container");
  info.fields = file.attributes(kFields);
  info.code_version = file.text_attribute("/", "code_version");
  return info;
}

}  // namespace

void write_index(const mpi::Communicator& communicator, const std::filesystem::path& path,
                 const IndexInfo& info, const RowsShape& shape, const RowColumns& columns,
                 std::span<const core::ScoreStatus> status) {
  ParallelFile file(communicator, path, kind::kIndex);
  file.set_attributes("/", {{"code_version", info.code_version}});
  file.create_group("/inputs", {{"files", std::uint64_t{info.inputs.size()}},
                                {"format", info.format},
                                {"container", info.container}});
  for (std::uint64_t i = 0; i < info.inputs.size(); ++i) {
    const InputFile& input = info.inputs[i];
    file.create_group(input_path(i),
                      {{"name", input.name}, {"bytes", input.bytes}, {"xxh3_128", input.hash}});
  }
  file.create_group(kFields, info.fields);
  write_rows_table(file, shape, columns, {});
  file.write_rows(status_path(), shape.rows, shape.mine, status, attributes_of(row::kStatus));
  file.finish();
}

IndexReader::IndexReader(const std::filesystem::path& path)
    : file_(path, kind::kIndex), rows_(rows_of(file_)), info_(read_info(file_)) {}

std::vector<std::uint64_t> IndexReader::read_hashes(core::RowRange range) const {
  return file_.read_rows<std::uint64_t>("/rows/" + std::string(row::kHash.name), rows_, range);
}

std::vector<core::ScoreStatus> IndexReader::read_status(core::RowRange range) const {
  return file_.read_rows<core::ScoreStatus>(status_path(), rows_, range);
}

}  // namespace winnow::store
