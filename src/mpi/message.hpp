#pragma once

#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include "mpi/collectives.hpp"

// Structured messages between ranks of one job: any type that Boost.Serialization can write.

namespace winnow::mpi {

template <class Message>
[[nodiscard]] std::string pack(const Message& message) {
  std::ostringstream stream;
  boost::archive::binary_oarchive(stream, boost::archive::no_header) << message;
  return std::move(stream).str();
}

template <class Message>
[[nodiscard]] Message unpack(const std::string& bytes) {
  std::istringstream stream(bytes);
  Message message;
  boost::archive::binary_iarchive(stream, boost::archive::no_header) >> message;
  return message;
}

/// Collective. Root's message on every rank.
template <class Message>
[[nodiscard]] Message broadcast_message(const Communicator& communicator, const Message& message,
                                        int root = 0) {
  return unpack<Message>(
      broadcast(communicator, communicator.rank() == root ? pack(message) : std::string(), root));
}

/// Collective. The messages of all ranks in rank order on `root`; empty elsewhere.
template <class Message>
[[nodiscard]] std::vector<Message> gather_messages(const Communicator& communicator,
                                                   const Message& message, int root = 0) {
  const std::string packed = pack(message);
  const Gathered<char> gathered = gather(communicator, std::span<const char>(packed), root);
  std::vector<Message> messages;
  const char* next = gathered.values.data();
  for (const std::uint64_t count : gathered.counts) {
    messages.push_back(unpack<Message>(std::string(next, count)));
    next += count;
  }
  return messages;
}

}  // namespace winnow::mpi
