#include "scoring/block_replies.hpp"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::scoring {
namespace {

static_assert(std::endian::native == std::endian::little,
              "records are written in the machine's order");

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// Reads a payload from its beginning; every length is checked against what is left.
class Payload {
 public:
  explicit Payload(std::string_view bytes) : rest_(bytes), total_(bytes.size()) {}

  template <typename T>
  T take() {
    T value;
    std::memcpy(&value, take(sizeof(T), 1).data(), sizeof(T));
    return value;
  }
  std::string_view take(std::uint64_t count, std::uint64_t element_bytes) {
    if (count > rest_.size() / element_bytes) refuse();
    const std::string_view taken = rest_.substr(0, count * element_bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  [[noreturn]] void refuse() const {
    throw core::ModelError(
        fmt::format("journal: a record of {} bytes is not a block of replies", total_));
  }

 private:
  std::string_view rest_;
  std::size_t total_;
};

Reply take_reply(Payload& payload) {
  Reply reply;
  const auto status = payload.take<std::uint8_t>();
  const auto end = payload.take<std::uint8_t>();
  if (status >= kReplyStatusNames.size() || end >= kReplyEndNames.size()) payload.refuse();
  reply.status = static_cast<ReplyStatus>(status);
  reply.end = static_cast<ReplyEnd>(end);
  reply.prompt_tokens = payload.take<std::uint32_t>();
  const std::string_view ids = payload.take(payload.take<std::uint32_t>(), sizeof(std::int32_t));
  reply.ids.resize(ids.size() / sizeof(std::int32_t));
  if (!ids.empty()) std::memcpy(reply.ids.data(), ids.data(), ids.size());
  reply.text = payload.take(payload.take<std::uint32_t>(), 1);
  return reply;
}

}  // namespace

std::string serialize(const BlockReplies& block) {
  std::string bytes;
  put(bytes, block.block);
  put(bytes, block.content);
  put(bytes, std::uint64_t{block.rows.size()});
  for (const Reply& reply : block.rows) {
    put(bytes, reply.status);
    put(bytes, reply.end);
    put(bytes, reply.prompt_tokens);
    put(bytes, core::checked_cast<std::uint32_t>(reply.ids.size()));
    for (const std::int32_t id : reply.ids) put(bytes, id);
    put(bytes, core::checked_cast<std::uint32_t>(reply.text.size()));
    bytes += reply.text;
  }
  return bytes;
}

BlockReplies deserialize_replies(std::string_view bytes) {
  Payload payload(bytes);
  BlockReplies block;
  block.block = payload.take<std::uint64_t>();
  block.content = payload.take<std::uint64_t>();
  const auto rows = payload.take<std::uint64_t>();
  for (std::uint64_t row = 0; row < rows; ++row) block.rows.push_back(take_reply(payload));
  if (!payload.is_at_end()) payload.refuse();
  return block;
}

}  // namespace winnow::scoring
