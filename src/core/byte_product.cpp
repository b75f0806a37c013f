#include "core/byte_product.hpp"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#define WINNOW_HAS_VNNI_BODY
#endif

namespace winnow::core {
namespace {

void multiply_add_plainly(MatrixRows<const std::int8_t> a, const std::uint8_t* panel,
                          std::size_t rows, std::size_t depth, std::int32_t* c) {
  for (std::size_t r = 0; r < rows; ++r) {
    std::int32_t sums[kTileColumns] = {};
    for (std::size_t k = 0; k < depth; k += kByteGroup)
      for (std::size_t j = 0; j < kTileColumns; ++j)
        for (std::size_t i = 0; i < kByteGroup; ++i)
          sums[j] += a.first[r * a.stride + k + i] * panel[k * kTileColumns + j * kByteGroup + i];
    for (std::size_t j = 0; j < kTileColumns; ++j) c[r * kTileColumns + j] += sums[j];
  }
}

#ifdef WINNOW_HAS_VNNI_BODY

#define WINNOW_VNNI __attribute__((target("avx512f,avx512vnni")))

/// `rows` rows from `a` on: the sums stay in registers, the panel is read once for all of them.
template <std::size_t rows>
WINNOW_VNNI void multiply_tile(MatrixRows<const std::int8_t> a, const std::uint8_t* panel,
                               std::size_t depth, std::int32_t* c) {
  constexpr std::size_t kLanes = 16;
  constexpr std::size_t kVectors = kTileColumns / kLanes;
  __m512i sums[rows][kVectors];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] = _mm512_loadu_si512(c + r * kTileColumns + v * kLanes);
  for (std::size_t k = 0; k < depth; k += kByteGroup) {
    __m512i columns[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v)
      columns[v] = _mm512_loadu_si512(panel + (k * kVectors + v * kByteGroup) * kLanes);
    for (std::size_t r = 0; r < rows; ++r) {
      std::int32_t group;
      __builtin_memcpy(&group, a.first + r * a.stride + k, sizeof group);
      const __m512i factors = _mm512_set1_epi32(group);
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], columns[v], factors);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v)
      _mm512_storeu_si512(c + r * kTileColumns + v * kLanes, sums[r][v]);
}

WINNOW_VNNI void multiply_add_by_vnni(MatrixRows<const std::int8_t> a, const std::uint8_t* panel,
                                      std::size_t rows, std::size_t depth, std::int32_t* c) {
  std::size_t r = 0;
  const auto tile = [&]<std::size_t kRows>(std::integral_constant<std::size_t, kRows>) {
    const std::size_t first = std::exchange(r, r + kRows);
    multiply_tile<kRows>({a.first + first * a.stride, a.stride}, panel, depth,
                         c + first * kTileColumns);
  };
  while (rows - r >= 8) tile(std::integral_constant<std::size_t, 8>{});
  if (rows - r >= 4) tile(std::integral_constant<std::size_t, 4>{});
  if (rows - r >= 2) tile(std::integral_constant<std::size_t, 2>{});
  if (rows > r) tile(std::integral_constant<std::size_t, 1>{});
}

#endif

}  // namespace

bool has_fast_byte_products() {
#ifdef WINNOW_HAS_VNNI_BODY
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

void multiply_add(MatrixRows<const std::int8_t> a, const std::uint8_t* panel, std::size_t rows,
                  std::size_t depth, std::int32_t* c) {
#ifdef WINNOW_HAS_VNNI_BODY
  static const bool kByVnni = has_fast_byte_products();
  if (kByVnni) return multiply_add_by_vnni(a, panel, rows, depth, c);
#endif
  multiply_add_plainly(a, panel, rows, depth, c);
}

}  // namespace winnow::core
