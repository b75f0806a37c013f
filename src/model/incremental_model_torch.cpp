#include <algorithm>
#include <utility>

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "core/checked_cast.hpp"
#include "model/decoder_torch.hpp"
#include "model/generation.hpp"
#include "model/kv_cache_torch.hpp"
#include "model/loaded_decoder_torch.hpp"

namespace winnow::model {
namespace {

class TorchIncrementalModel final : public IncrementalModel {
 public:
  explicit TorchIncrementalModel(LoadedDecoder loaded)
      : info_(std::move(loaded.info)),
        decoder_(std::move(loaded.decoder)),
        longest_shared_(loaded.longest_shared),
        cache_(decoder_.empty_cache()) {}

  [[nodiscard]] const ModelInfo& info() const override { return info_; }

  [[nodiscard]] std::span<float> begin(std::span<const NewSequence> sequences) override {
    const c10::InferenceMode no_autograd;
    CachedPass pass{cache_, {}, CachedPass::Kind::whole};
    std::vector<std::vector<std::int32_t>> followed;  // by the token that is asked for
    std::vector<Segment> segments;
    bool may_share = true;
    for (const NewSequence& sequence : sequences) {
      cache_.open(sequence.slot, sequence.capacity);
      pass.slots.push_back(sequence.slot);
      followed.emplace_back(sequence.ids.begin(), sequence.ids.end()).push_back(0);
      const auto last = core::checked_cast<std::uint32_t>(sequence.ids.size());
      segments.push_back({followed.back(), last, last + 1});
      may_share = may_share && sequence.ids.size() <= longest_shared_;
    }
    const PackedBatch batch =
        pack(segments, info_, kFewestRows, may_share ? Sharing::common_beginning : Sharing::none);
    const std::span<float> logits = run(batch, pass);
    for (const NewSequence& sequence : sequences)
      cache_.at(sequence.slot).tokens = static_cast<std::int64_t>(sequence.ids.size());
    return logits;
  }

  [[nodiscard]] std::span<float> step(std::span<const NextToken> tokens) override {
    const c10::InferenceMode no_autograd;
    CachedPass pass{cache_, {}, CachedPass::Kind::next};
    PackedBatch batch;
    for (const NextToken& token : tokens) {
      const auto row = static_cast<std::int64_t>(batch.ids.size());
      const std::int64_t position = cache_.at(token.slot).tokens;
      pass.slots.push_back(token.slot);
      batch.ids.push_back(token.id);
      batch.positions.push_back(position);
      batch.segments.push_back({row, 1});
      batch.scored_rows.push_back(row);
      batch.positions_used = std::max(batch.positions_used, position + 1);
    }
    const std::size_t rows = std::max(tokens.size(), static_cast<std::size_t>(kFewestRows));
    for (auto* column : {&batch.ids, &batch.positions, &batch.scored_rows}) column->resize(rows, 0);
    const std::span<float> logits = run(batch, pass);
    for (const NextToken& token : tokens) ++cache_.at(token.slot).tokens;
    return logits;
  }

  void end(SequenceSlot slot) override { cache_.close(slot); }

 private:
  /// Logits of the pass's sequences, on the CPU.
  std::span<float> run(const PackedBatch& batch, CachedPass& pass) {
    const at::Tensor hidden = decoder_.run(batch, &pass);
    at::Tensor logits = at::empty({hidden.size(0), info_.vocabulary_size}, hidden.options());
    decoder_.products().multiply(logits, hidden, decoder_.head());
    logits_ = logits.cpu();
    return {logits_.mutable_data_ptr<float>(), pass.slots.size() * info_.vocabulary_size};
  }

  ModelInfo info_;
  Decoder decoder_;
  std::size_t longest_shared_;
  KvCache cache_;
  at::Tensor logits_;
};

}  // namespace

std::unique_ptr<IncrementalModel> load_incremental_model(const std::filesystem::path& folder,
                                                         const LoadOptions& options) {
  return std::make_unique<TorchIncrementalModel>(
      load_decoder(folder, options, Widening::when_loaded));
}

}  // namespace winnow::model
