#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::pipeline {

/// A training and its evaluation for each of some selections, budgets and seeds.
struct StudyJob {
  std::vector<std::string> selections;  ///< of the job; the others are compared with the first
  std::vector<std::string> budgets;     ///< as written; none: each selection's own
  std::vector<std::uint64_t> seeds = {0};
  bool keep_checkpoints = false;
};

}  // namespace winnow::pipeline
