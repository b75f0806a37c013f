#pragma once

#include <functional>
#include <string>

#include "data/sample.hpp"
#include "pipeline/pool.hpp"

namespace winnow::pipeline {

/// A part of a row.
enum class RowText {
  instruction,  ///< without the input
  request,      ///< the instruction and, on the next line, the input
  response,
  conversation,  ///< system message, earlier turns, request and response, each on lines of its own
};
[[nodiscard]] std::string text_of_row(const data::Sample& sample, RowText part);

/// Calls visit(text) for each of this rank's rows, in their order.
/// @throws core::ModelError for a row that the index calls bad: the caller's statuses say otherwise
void for_each_text(const Context& context, const IndexedData& data, const Pool& rows, RowText part,
                   const std::function<void(const std::string&)>& visit);

}  // namespace winnow::pipeline
