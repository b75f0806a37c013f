#include "selection/row_store.hpp"

#include <cstring>

#include "core/checked_cast.hpp"
#include "core/error.hpp"

namespace winnow::selection {
namespace {

struct Header {
  PoolEntry entry;
  std::uint32_t terms = 0;
  std::uint32_t members = 0;  ///< 0: the row is held already
};

template <class T>
void append(std::span<const T> values, std::vector<std::byte>& message) {
  const auto bytes = std::as_bytes(values);
  message.insert(message.end(), bytes.begin(), bytes.end());
}

template <class T>
std::vector<T> remove_front(std::span<const std::byte>& bytes, std::size_t count) {
  core::check(count * sizeof(T) <= bytes.size(), "a pool message is whole");
  std::vector<T> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), count * sizeof(T));
  bytes = bytes.subspan(count * sizeof(T));
  return values;
}

}  // namespace

void RowStore::pack(const PoolEntry& entry, const Candidate& row,
                    std::vector<std::byte>& message) const {
  Header header{entry, 0, 0};
  const bool is_new = !holds(entry.leader);
  if (is_new) {
    header.terms = core::checked_cast<std::uint32_t>(row.term.size());
    header.members = core::checked_cast<std::uint32_t>(row.member.size());
  }
  append(std::span<const Header>(&header, 1), message);
  if (!is_new) return;
  append(std::span<const double>(&row.base, 1), message);
  append(std::span<const Member>(row.member), message);
  append(row.weight, message);
  append(row.term, message);
}

std::vector<PoolEntry> RowStore::unpack(std::span<const std::byte> messages) {
  std::vector<PoolEntry> entries;
  while (!messages.empty()) {
    const Header header = remove_front<Header>(messages, 1).front();
    entries.push_back(header.entry);
    if (header.members == 0) continue;
    Held& held = rows_[header.entry.leader];
    held.candidate.base = remove_front<double>(messages, 1).front();
    held.member = remove_front<Member>(messages, header.members);
    held.weight = remove_front<double>(messages, header.terms);
    held.term = remove_front<std::uint32_t>(messages, header.terms);
    held.candidate.term = held.term;
    held.candidate.weight = held.weight;
    held.candidate.member = held.member;
  }
  return entries;
}

}  // namespace winnow::selection
