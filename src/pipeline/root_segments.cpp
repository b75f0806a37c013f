#include "pipeline/root_segments.hpp"

#include <string>

#include "core/journal.hpp"
#include "mpi/agree.hpp"
#include "mpi/message.hpp"

namespace winnow::pipeline {

std::vector<std::filesystem::path> root_segments(const mpi::Communicator& communicator,
                                                 const std::filesystem::path& folder) {
  const std::vector<std::string> listed = mpi::agree_on(communicator, [&] {
    std::vector<std::string> names;
    if (communicator.is_root())
      for (const auto& segment : core::journal_segments(folder))
        names.push_back(segment.filename().string());
    return names;
  });
  std::vector<std::filesystem::path> segments;
  for (const std::string& name : mpi::broadcast_message(communicator, listed))
    segments.push_back(folder / name);
  return segments;
}

}  // namespace winnow::pipeline
