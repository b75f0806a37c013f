#pragma once

#include <string>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// Collective. Makes every selection of the job from scores.h5: selection/<name>.h5 and the subset
/// beside it. A selection that is there and was made from the same scores with the same parameters
/// is left as it is.
void select_rows(Context& context, const IndexedData& data);

/// Hash of all that decides a selection: data, scores, methods, parameters. Its file notes it as
/// `made_from`.
[[nodiscard]] std::string selection_key(const Context& context, const IndexedData& data,
                                        const SelectionJob& selection);

}  // namespace winnow::pipeline
