#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace winnow::store {

/// What a model said of pairs of answers before it was trained on them. All [pairs], in the order
/// of training rows.
struct Reference {
  std::string made_from;  ///< hash of all that decides the numbers
  std::vector<std::uint64_t> row;
  std::vector<double> chosen;    ///< ln p of the answer's tokens, nats
  std::vector<double> rejected;  ///< the same of the other answer
  std::vector<std::uint32_t> chosen_tokens;
  std::vector<std::uint32_t> rejected_tokens;
};

/// Written by one process. @throws core::EnvironmentError
void write_reference(const std::filesystem::path& path, const Reference& reference);

/// @throws core::ModelError if the file is missing, damaged or incomplete
[[nodiscard]] Reference read_reference(const std::filesystem::path& path);

}  // namespace winnow::store
