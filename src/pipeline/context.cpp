#include "pipeline/context.hpp"

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace winnow::pipeline {

void stop_if_requested(const Context& context) {
  const std::uint64_t asked = context.stop_requested.load() ? 1 : 0;
  if (mpi::max(context.communicator, asked) > 0)
    throw core::Interrupted("stopped on request; the same command goes on where it was");
}

}  // namespace winnow::pipeline
