#pragma once

#include <string>
#include <vector>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/pool.hpp"

namespace winnow::pipeline {

/// The value of a field in each of these rows of the input, in their order: a text as it is,
/// another value as JSON; empty where a row has none, or null.
/// @param rows  readable ones
[[nodiscard]] std::vector<std::string> field_values(const Context& context, const IndexedData& data,
                                                    const std::string& field, const Pool& rows);

}  // namespace winnow::pipeline
