#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace winnow::store {

/// A named value on a dataset or group; h5py reads str, float64, uint64.
struct Attribute {
  std::string name;
  std::variant<std::string, double, std::uint64_t> value;
};
using Attributes = std::vector<Attribute>;

}  // namespace winnow::store
