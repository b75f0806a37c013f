#include "app/job_data.hpp"

#include <limits>
#include <utility>
#include <vector>

#include "app/job_names.hpp"

namespace winnow::app {

data::SourceOptions read_source(YamlSection& section, const std::filesystem::path& folder) {
  data::SourceOptions source;
  const auto paths = section.texts("path");
  if (!paths || paths->empty())
    section.fail("path", "missing, expected a file, a list of files or a glob");
  for (const std::string& path : *paths) {
    if (path.empty()) section.fail("path", "empty, expected a file");
    source.paths.push_back(resolved(path, folder).string());
  }
  source.format =
      section.one_of("format", {"auto", "alpaca", "sharegpt", "messages"}).value_or("auto");
  if (const auto id = section.text("id")) source.id_field = *id;
  source.skip_bad_rows =
      section.one_of("on_bad_row", {"error", "skip"}).value_or("error") == "skip";
  if (const auto bytes =
          section.unsigned_integer("max_row_bytes", 1, std::numeric_limits<std::uint32_t>::max()))
    source.max_row_bytes = *bytes;
  if (auto fields = section.section("fields")) {
    data::FieldNames& names = source.fields;
    for (auto& [key, name] :
         std::vector<std::pair<std::string, std::string*>>{{"instruction", &names.instruction},
                                                           {"input", &names.input},
                                                           {"output", &names.output},
                                                           {"history", &names.history},
                                                           {"system", &names.system},
                                                           {"conversations", &names.conversations},
                                                           {"messages", &names.messages}})
      if (const auto given = fields->text(key)) *name = *given;
    fields->finish();
  }
  return source;
}

}  // namespace winnow::app
