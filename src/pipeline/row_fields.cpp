#include "pipeline/row_fields.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

#include "pipeline/row_source.hpp"

namespace winnow::pipeline {

std::vector<std::string> field_values(const Context& context, const IndexedData& data,
                                      const std::string& field, const Pool& rows) {
  std::vector<std::string> values;
  RowSource source(context.folder, data.data_set);
  source.for_each_bytes(rows, [&](std::string_view bytes) {
    const auto row = nlohmann::json::parse(bytes);
    const auto found = row.find(field);
    if (found == row.end() || found->is_null())
      values.emplace_back();
    else
      values.push_back(found->is_string() ? found->get<std::string>() : found->dump());
  });
  return values;
}

}  // namespace winnow::pipeline
