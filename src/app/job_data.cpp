#include "app/job_data.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace winnow::app {

data::SourceOptions read_source(YamlSection& section, const data::SourceOptions& bad_rows) {
  data::SourceOptions source;
  for (const auto& path : section.required_paths("path")) source.paths.push_back(path.string());
  source.format = section.one_of("format", {"auto", "alpaca", "sharegpt", "messages", "preference"})
                      .value_or("auto");
  if (const auto id = section.text("id")) source.id_field = *id;
  const auto on_bad_row = section.one_of("on_bad_row", {"error", "skip"});
  source.skip_bad_rows = on_bad_row ? *on_bad_row == "skip" : bad_rows.skip_bad_rows;
  source.max_row_bytes = section.bytes("max_row_bytes", std::numeric_limits<std::uint32_t>::max())
                             .value_or(bad_rows.max_row_bytes);
  if (auto fields = section.section("fields")) {
    data::FieldNames& names = source.fields;
    for (auto& [key, name] :
         std::vector<std::pair<std::string, std::string*>>{{"instruction", &names.instruction},
                                                           {"input", &names.input},
                                                           {"output", &names.output},
                                                           {"history", &names.history},
                                                           {"system", &names.system},
                                                           {"conversations", &names.conversations},
                                                           {"messages", &names.messages},
                                                           {"prompt", &names.prompt},
                                                           {"chosen", &names.chosen},
                                                           {"rejected", &names.rejected}})
      if (const auto given = fields->text(key)) *name = *given;
    fields->finish();
  }
  return source;
}

data::SourceOptions read_own_source(YamlSection& section, const std::string& key,
                                    const data::SourceOptions& job_data) {
  data::SourceOptions source;
  if (section.has(key) && section.node(key).IsMap()) {
    auto map = section.section(key);
    source = read_source(*map, job_data);
    map->finish();
    return source;
  }
  for (const auto& path : section.required_paths(key)) source.paths.push_back(path.string());
  source.skip_bad_rows = job_data.skip_bad_rows;
  source.max_row_bytes = job_data.max_row_bytes;
  return source;
}

}  // namespace winnow::app
