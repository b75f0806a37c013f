#include "selection/exchange.hpp"

namespace winnow::selection {

Exchange alone() {
  return {0, [](std::span<std::uint64_t>) {}, [](double value) { return value; },
          [](std::span<const std::byte> bytes) {
            return std::vector<std::byte>(bytes.begin(), bytes.end());
          }};
}

}  // namespace winnow::selection
