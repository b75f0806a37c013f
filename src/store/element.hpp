#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/half.hpp"
#include "core/score_status.hpp"

namespace winnow::store {

/// What a dataset's elements are in the file (little-endian) and in memory.
enum class Element { u8, u32, u64, f16, f32, f64, score_status };

[[nodiscard]] constexpr std::size_t size_of(Element element) {
  switch (element) {
    case Element::u8:
    case Element::score_status:
      return 1;
    case Element::f16:
      return 2;
    case Element::u32:
    case Element::f32:
      return 4;
    case Element::u64:
    case Element::f64:
      return 8;
  }
  return 0;
}

[[nodiscard]] constexpr std::string_view name_of(Element element) {
  switch (element) {
    case Element::u8:
      return "u8";
    case Element::u32:
      return "u32";
    case Element::u64:
      return "u64";
    case Element::f16:
      return "f16";
    case Element::f32:
      return "f32";
    case Element::f64:
      return "f64";
    case Element::score_status:
      return "u8 enum of score statuses";
  }
  return "";
}

template <class T>
inline constexpr Element kElementOf = static_cast<Element>(-1);
template <>
inline constexpr Element kElementOf<std::uint8_t> = Element::u8;
template <>
inline constexpr Element kElementOf<std::uint32_t> = Element::u32;
template <>
inline constexpr Element kElementOf<std::uint64_t> = Element::u64;
template <>
inline constexpr Element kElementOf<core::Half> = Element::f16;
template <>
inline constexpr Element kElementOf<float> = Element::f32;
template <>
inline constexpr Element kElementOf<double> = Element::f64;
template <>
inline constexpr Element kElementOf<core::ScoreStatus> = Element::score_status;

template <class T>
concept Storable = kElementOf<T>
!= static_cast<Element>(-1);

}  // namespace winnow::store
