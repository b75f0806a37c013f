#include <cstdio>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/data_set.hpp"
#include "support/temporary_folder.hpp"

using namespace winnow;

namespace {

nlohmann::json to_json(const data::DataRow& row) {
  nlohmann::json json{{"row", row.place.row},
                      {"file", row.place.file},
                      {"offset", row.place.byte_offset},
                      {"length", row.place.byte_length},
                      {"line", row.place.line}};
  if (!row.parsed) {
    json["fault"] = row.fault;
    return json;
  }
  const data::Sample& sample = row.parsed->sample;
  json["id"] = row.parsed->id;
  json["messages"] = row.parsed->messages;
  json["system"] = sample.system.value_or("");
  json["instruction"] = sample.instruction;
  json["input"] = sample.input;
  json["output"] = sample.output;
  json["history"] = nlohmann::json::array();
  for (const data::Turn& turn : sample.history)
    json["history"].push_back({static_cast<int>(turn.role), turn.text});
  return json;
}

}  // namespace

/// dump_rows ID_FIELD FILE...: every row as a JSON line, for parity with Python's json. An empty
/// ID_FIELD means none.
int main(int argc, char** argv) try {
  const test::TemporaryFolder spool;
  data::SourceOptions options;
  options.id_field = argv[1];
  options.paths.assign(argv + 2, argv + argc);
  const data::DataSet data_set = data::open_data_set(options, spool.path());
  fmt::print("{}\n", nlohmann::json(data_set.message).dump());
  data::scan_rows(data_set,
                  [](const data::DataRow& row) { fmt::print("{}\n", to_json(row).dump()); });
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
