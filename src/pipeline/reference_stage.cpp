#include "pipeline/reference_stage.hpp"

#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/block_work.hpp"
#include "scoring/record_bytes.hpp"
#include "store/reference_file.hpp"
#include "training/pending_folder.hpp"

namespace winnow::pipeline {
namespace {

using training::PairLogProbs;
using training::TrainingRow;

constexpr const char* kStage = "finetune reference";

template <typename T>
std::uint64_t hash_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return core::hash64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<std::uint64_t> hashes_of(const std::vector<TrainingRow>& pairs) {
  std::vector<std::uint64_t> hashes;
  for (const TrainingRow& pair : pairs)
    hashes.push_back(hash_of(
        std::vector<std::uint64_t>{pair.row, hash_of(pair.ids), pair.targets.front().begin,
                                   hash_of(pair.rejected->ids), pair.rejected->target.begin}));
  return hashes;
}

/// Root only. What the file says of just these pairs; nothing where it is missing or of others.
std::optional<std::vector<PairLogProbs>> read_file(const Context& context,
                                                   const TrainingSetup& setup,
                                                   const std::vector<TrainingRow>& pairs) {
  const std::filesystem::path file = setup.checkpoints.reference();
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    const store::Reference found = store::read_reference(file);
    if (found.made_from != setup.key || found.row.size() != pairs.size()) return std::nullopt;
    std::vector<PairLogProbs> all;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (found.row[i] != pairs[i].row) return std::nullopt;
      all.push_back({found.chosen[i], found.rejected[i]});
    }
    return all;
  } catch (const core::ModelError& error) {
    context.log.write("finetune", error.what());
    return std::nullopt;
  }
}

/// Root only.
void write_file(const TrainingSetup& setup, const std::vector<TrainingRow>& pairs,
                const std::vector<PairLogProbs>& log_probs) {
  store::Reference reference;
  reference.made_from = setup.key;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    reference.row.push_back(pairs[i].row);
    reference.chosen.push_back(log_probs[i].chosen);
    reference.rejected.push_back(log_probs[i].rejected);
    reference.chosen_tokens.push_back(pairs[i].targets.front().size());
    reference.rejected_tokens.push_back(pairs[i].rejected->target.size());
  }
  store::write_reference(setup.checkpoints.reference(), reference);
}

/// Collective. Asks the model of the blocks that the journal does not hold; root's is what it then
/// holds.
/// @throws core::ModelError naming the first pair of which the model says nothing finite
void expect_finite(const Context& context, const std::vector<TrainingRow>& pairs,
                   const std::vector<PairLogProbs>& known) {
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!std::isfinite(known[i].chosen) || !std::isfinite(known[i].rejected))
      throw core::ModelError(
          fmt::format("{}: row {}: what the model says of its answers before any step is not "
                      "finite: expected a model that gives finite losses",
                      context.job.finetune->model.path.string(), pairs[i].row));
}

std::vector<PairLogProbs> ask_model(Context& context, const TrainingSetup& setup,
                                    training::FineTuning& tuning,
                                    const std::vector<TrainingRow>& pairs) {
  const mpi::Communicator& ranks = context.communicator;
  const std::filesystem::path folder = setup.checkpoints.reference_journal();
  mpi::agree_on(ranks, [&] {
    std::error_code error;
    if (ranks.is_root()) std::filesystem::create_directories(folder, error);
    if (error)
      throw core::EnvironmentError(
          fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
  });
  const std::uint64_t block_rows = context.job.block_rows;
  BlockContents contents(hashes_of(pairs), block_rows);
  const auto open = [&]() -> BlockPreparation {
    return [&](std::uint64_t block, core::RowRange rows) -> BlockRecord {
      return [&, block, rows, content = contents.content_of(block)] {
        scoring::RecordWriter record({block, content});
        record.values(tuning.log_probs(std::span(pairs).subspan(rows.begin, rows.size())));
        return std::move(record).take();
      };
    };
  };
  const BlockJournal before(context, kStage, folder, contents);
  work_on_blocks(context,
                 {kStage, pairs.size(), contents.rows_in(before.is_done()), block_rows, before},
                 contents, open);
  stop_if_requested(context);
  const BlockJournal journal(context, kStage, folder, contents);
  return mpi::agree_on(ranks, [&] {
    std::vector<PairLogProbs> all;
    if (!ranks.is_root()) return all;
    journal.expect_all();
    for (std::uint64_t block = 0; block < contents.blocks(); ++block) {
      const std::string payload = journal.read(block);
      scoring::RecordReader record(payload, "log-probabilities of pairs");
      const auto of_block = record.values<PairLogProbs>(contents.rows_of(block).size());
      record.end();
      all.insert(all.end(), of_block.begin(), of_block.end());
    }
    return all;
  });
}

}  // namespace

void set_reference(Context& context, const TrainingSetup& setup, training::FineTuning& tuning,
                   std::vector<TrainingRow>& pairs) {
  const mpi::Communicator& ranks = context.communicator;
  std::optional<std::vector<PairLogProbs>> known;
  if (!ask_root(ranks, [&] {
        known = read_file(context, setup, pairs);
        return known.has_value();
      })) {
    mpi::agree_on(ranks, [&] {
      if (tuning.steps() > 0)
        throw core::ModelError(
            fmt::format("{}: missing or damaged, but the training is behind step {}, and what the "
                        "model said before the first cannot be asked any more: expected the file "
                        "as it was, or no {}",
                        setup.checkpoints.reference().string(), tuning.steps(),
                        setup.checkpoints.folder().string()));
    });
    known = ask_model(context, setup, tuning, pairs);
    mpi::agree_on(ranks, [&] {
      expect_finite(context, pairs, *known);
      if (ranks.is_root()) write_file(setup, pairs, *known);
    });
  }
  mpi::agree_on(ranks, [&] {
    if (ranks.is_root()) training::remove_folder(setup.checkpoints.reference_journal());
  });
  const std::vector<PairLogProbs> all =
      mpi::broadcast(ranks, known.value_or(std::vector<PairLogProbs>()));
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].rejected->reference = all[i];
}

}  // namespace winnow::pipeline
