#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace winnow::core {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
};

/// XXH3 of the bytes, 64 and 128 bits, seed 0.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes);
[[nodiscard]] Hash128 hash128(std::string_view bytes);
/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(const Hash128& hash);

/// XXH3-128 of a stream of pieces.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(StreamHash&&) noexcept;
  StreamHash& operator=(StreamHash&&) noexcept;
  void update(std::string_view bytes);
  [[nodiscard]] Hash128 digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Streamed XXH3-128 of a file's bytes.
/// @param between_pieces  is called every megabyte and may throw
/// @throws EnvironmentError if it cannot be read.
[[nodiscard]] Hash128 hash_file(const std::string& path,
                                const std::function<void()>& between_pieces = {});

}  // namespace winnow::core
