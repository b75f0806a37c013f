#include "scoring/block_replies.hpp"

namespace winnow::scoring {
namespace {

Reply read_reply(RecordReader& reader) {
  Reply reply;
  const auto status = reader.number<std::uint8_t>();
  const auto end = reader.number<std::uint8_t>();
  if (status >= kReplyStatusNames.size() || end >= kReplyEndNames.size()) reader.refuse();
  reply.status = static_cast<ReplyStatus>(status);
  reply.end = static_cast<ReplyEnd>(end);
  reply.prompt_tokens = reader.number<std::uint32_t>();
  reply.ids = reader.values<std::int32_t>(reader.number<std::uint32_t>());
  reply.text = reader.text();
  return reply;
}

}  // namespace

std::string serialize(const BlockReplies& block) {
  RecordWriter writer(block.header);
  writer.number(std::uint64_t{block.rows.size()});
  for (const Reply& reply : block.rows) {
    writer.number(reply.status);
    writer.number(reply.end);
    writer.number(reply.prompt_tokens);
    writer.number(core::checked_cast<std::uint32_t>(reply.ids.size()));
    writer.values(reply.ids);
    writer.text(reply.text);
  }
  return std::move(writer).take();
}

BlockReplies deserialize_replies(std::string_view bytes) {
  RecordReader reader(bytes, "a block of replies");
  BlockReplies block{reader.header(), {}};
  const auto rows = reader.number<std::uint64_t>();
  for (std::uint64_t row = 0; row < rows; ++row) block.rows.push_back(read_reply(reader));
  reader.end();
  return block;
}

}  // namespace winnow::scoring
