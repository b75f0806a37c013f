#include "tokenizer/precompiled_map.hpp"

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::size_t kUnitBytes = 4;

std::uint32_t unit_at(std::string_view bytes, std::size_t at) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < kUnitBytes; ++i)
    unit |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return unit;
}

// Fields of a unit of the double array.
bool has_leaf(std::uint32_t unit) { return ((unit >> 8) & 1) != 0; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset_of(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }

}  // namespace

bool PrecompiledMap::is_well_formed(std::string_view bytes) {
  if (bytes.size() < kUnitBytes) return false;
  const std::uint32_t size = unit_at(bytes, 0);
  return size >= kUnitBytes && size % kUnitBytes == 0 && size <= bytes.size() - kUnitBytes &&
         !first_invalid_byte(bytes.substr(kUnitBytes + size));
}

PrecompiledMap::PrecompiledMap(std::string_view bytes) {
  const std::uint32_t size = unit_at(bytes, 0);
  units_.reserve(size / kUnitBytes);
  for (std::size_t at = 0; at < size; at += kUnitBytes)
    units_.push_back(unit_at(bytes, kUnitBytes + at));
  pool_ = bytes.substr(kUnitBytes + size);
}

std::optional<std::string_view> PrecompiledMap::replacement_of(std::string_view piece) const {
  std::size_t node = offset_of(units_[0]);
  for (const char byte : piece) {
    const auto label = static_cast<unsigned char>(byte);
    if (label == 0) return std::nullopt;
    node ^= label;
    if (node >= units_.size() || label_of(units_[node]) != label) return std::nullopt;
    const std::uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size()) return std::nullopt;
    const std::size_t begin = value_of(units_[node]);
    if (begin >= pool_.size()) return std::nullopt;
    const std::size_t end = pool_.find('\0', begin);
    return std::string_view(pool_).substr(begin, end == std::string::npos ? end : end - begin);
  }
  return std::nullopt;
}

}  // namespace winnow::tokenizer
