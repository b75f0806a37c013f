#include "pipeline/held_out_rows.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "mpi/agree.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/own_data.hpp"

namespace winnow::pipeline {
namespace {

constexpr const char* kStage = "evaluate";

}  // namespace

HeldOutRows::HeldOutRows(const Context& context, nlohmann::ordered_json& manifest, RunFolder folder,
                         const OpenScorer& prepares)
    : job_(context.job.evaluation.value()),
      manifest_(manifest),
      prepares_(prepares),
      reading_(held_out_job(context.job)),
      own_{context.communicator, reading_,        std::move(folder),      context.log,
           context.threads,      context.profile, context.stop_requested, summary_},
      data_(index_own_data(context, own_.folder, job_.data.value(), manifest["evaluation"])) {}

EvaluatedModel HeldOutRows::score(const std::string& name, const ModelScorer& model) {
  const JournalledScorer scored =
      score_rows(own_, manifest_, data_,
                 {kStage, name, fmt::format("evaluated model '{}'", name), model, prepares_});
  stop_if_requested(own_);
  return read(scored);
}

std::optional<EvaluatedModel> HeldOutRows::scored_before(const std::string& name,
                                                         const ScorerBinding& base) const {
  const mpi::Communicator& ranks = own_.communicator;
  const std::filesystem::path folder = own_.folder.journal(name);
  if (!journal_is_begun(ranks, folder)) return std::nullopt;
  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(own_.folder, own_.job.block_rows); });
  if (!std::ranges::all_of(BlockJournal(own_, kStage, folder, contents).is_done(), std::identity()))
    return std::nullopt;
  const ScorerBinding binding = mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return ScorerBinding();
    ScorerBinding found = read_binding(folder / kScorerBinding);
    expect_same_settings(folder / kScorerBinding, found, base);
    return found;
  });
  return read({name, binding, {}});
}

EvaluatedModel HeldOutRows::read(const JournalledScorer& scored) const {
  const mpi::Communicator& ranks = own_.communicator;
  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(own_.folder, own_.job.block_rows); });
  const BlockJournal journal(own_, kStage, own_.folder.journal(scored.name), contents);
  return mpi::agree_on(ranks, [&] {
    return ranks.is_root() ? read_losses(scored, journal, contents) : EvaluatedModel();
  });
}

std::vector<std::string> HeldOutRows::categories() const {
  return mpi::agree_on(own_.communicator, [&] {
    if (!own_.communicator.is_root() || job_.category.empty()) return std::vector<std::string>();
    return read_categories(own_, data_, job_.category);
  });
}

}  // namespace winnow::pipeline
