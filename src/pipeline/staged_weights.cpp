#include "pipeline/staged_weights.hpp"

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "pipeline/weights_copy.hpp"

namespace winnow::pipeline {

std::filesystem::path staged_weights(const Context& context, const ModelScorer& scorer,
                                     const std::string& fingerprint) {
  if (scorer.stage.empty()) return scorer.path;
  const WeightsStage stage{
      .folder = scorer.stage,
      .look =
          [&] {
            if (context.stop_requested)
              throw core::Interrupted(
                  "stopped on request while the model's weights were copied; the same command "
                  "copies them again");
          },
      .note = [&](const std::string& line) { context.log.write("stage", line); }};
  const bool provides = mpi::node_place(context.communicator).rank == 0;
  mpi::agree_on(context.communicator, [&] {
    if (provides) provide_copy(stage, scorer.path, fingerprint);
  });
  return stage.copy_of(fingerprint);
}

}  // namespace winnow::pipeline
