#include "core/hash.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include "core/durable_file.hpp"

namespace winnow::core {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

}  // namespace

struct StreamHash::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() { XXH3_128bits_reset(xxh); }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

StreamHash::StreamHash() : state_(std::make_unique<State>()) {}
StreamHash::~StreamHash() = default;
StreamHash::StreamHash(StreamHash&&) noexcept = default;
StreamHash& StreamHash::operator=(StreamHash&&) noexcept = default;

void StreamHash::update(std::string_view bytes) {
  XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
}

Hash128 StreamHash::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  return {hash.high64, hash.low64};
}

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string to_hex(const Hash128& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

Hash128 hash_file(const std::string& path, const std::function<void()>& between_pieces) {
  StreamHash hash;
  read_pieces(path, kPieceBytes, [&](std::string_view piece) {
    if (between_pieces) between_pieces();
    hash.update(piece);
  });
  return hash.digest();
}

}  // namespace winnow::core
