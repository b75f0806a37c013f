#include "pipeline/context.hpp"

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"

namespace winnow::pipeline {

void stop_if_requested(const Context& context) {
  mpi::agree_on(context.communicator, [&] {
    if (context.stop_requested)
      throw core::Interrupted("stopped on request; the same command goes on where it was");
  });
}

core::RowRange share_of(const mpi::Communicator& communicator, std::uint64_t items) {
  return core::block_range(items, static_cast<std::uint64_t>(communicator.size()),
                           static_cast<std::uint64_t>(communicator.rank()));
}

bool ask_root(const mpi::Communicator& communicator, const std::function<bool()>& question) {
  const bool answer =
      mpi::agree_on(communicator, [&] { return communicator.is_root() && question(); });
  return mpi::max(communicator, std::uint64_t{answer}) > 0;
}

}  // namespace winnow::pipeline
