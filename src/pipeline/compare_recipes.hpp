#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/compare_inputs.hpp"

namespace winnow::pipeline {

/// How each selection was made, step by step: `ifd_ppl < 1, deita of 5% by ifd_ppl`. Of a method's
/// further settings those are told in which the compared selections differ.
/// @throws core::ModelError for a damaged file
[[nodiscard]] std::vector<std::string> recipes(std::span<const ComparedSelection> selections);

}  // namespace winnow::pipeline
