#pragma once

#include <functional>
#include <string>

#include "data/sample.hpp"
#include "pipeline/pool.hpp"

namespace winnow::pipeline {

/// A part of a row: its `response`, its `instruction` (without the input), or `all`: instruction,
/// input and answer on lines of their own.
[[nodiscard]] std::string text_of_row(const data::Sample& sample, const std::string& part);

/// Calls visit(text) for each of this rank's rows, in their order.
/// @throws core::ModelError for a row that the index calls bad: the caller's statuses say otherwise
void for_each_text(const Context& context, const IndexedData& data, const Pool& rows,
                   const std::string& part, const std::function<void(const std::string&)>& visit);

}  // namespace winnow::pipeline
