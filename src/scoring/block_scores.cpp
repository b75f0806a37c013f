#include "scoring/block_scores.hpp"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::scoring {
namespace {

static_assert(std::endian::native == std::endian::little,
              "records are written in the machine's order");

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kRowBytes = 8 + 8 + 4 + 4 + 4 + 1 + 1;

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
T take(std::string_view& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

}  // namespace

std::string serialize(const BlockScores& block) {
  std::string bytes;
  bytes.reserve(kHeaderBytes + block.rows.size() * kRowBytes);
  put(bytes, block.block);
  put(bytes, static_cast<std::uint64_t>(block.rows.size()));
  for (const RowScores& row : block.rows) {
    put(bytes, row.nll_cond_sum);
    put(bytes, row.nll_direct_sum);
    put(bytes, row.n_cond);
    put(bytes, row.n_direct);
    put(bytes, row.n_tokens);
    put(bytes, row.status_cond);
    put(bytes, row.status_direct);
  }
  return bytes;
}

BlockScores deserialize_block(std::string_view bytes) {
  const std::size_t total = bytes.size();
  const auto refuse = [&] {
    throw core::ModelError(
        fmt::format("journal: a record of {} bytes is not a block of scores", total));
  };
  if (total < kHeaderBytes) refuse();
  BlockScores block;
  block.block = take<std::uint64_t>(bytes);
  const auto rows = take<std::uint64_t>(bytes);
  if (bytes.size() % kRowBytes != 0 || rows != bytes.size() / kRowBytes) refuse();
  block.rows.resize(rows);
  for (RowScores& row : block.rows) {
    row.nll_cond_sum = take<double>(bytes);
    row.nll_direct_sum = take<double>(bytes);
    row.n_cond = take<std::uint32_t>(bytes);
    row.n_direct = take<std::uint32_t>(bytes);
    row.n_tokens = take<std::uint32_t>(bytes);
    row.status_cond = take<core::ScoreStatus>(bytes);
    row.status_direct = take<core::ScoreStatus>(bytes);
  }
  return block;
}

}  // namespace winnow::scoring
