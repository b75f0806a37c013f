#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "model/decoder_ops_torch.hpp"
#include "model/generation.hpp"
#include "model/kv_cache_torch.hpp"
#include "model/loaded_decoder_torch.hpp"
#include "model/model_errors_torch.hpp"

namespace winnow::model {
namespace {

/// With frequencies of their own for long texts, a sequence that becomes one is turned anew: its
/// length then is one more than this. 0: never.
std::int64_t longest_short_text(const DecoderConfig& config) {
  for (const RotaryConfig& rotary : config.rotaries)
    if (const auto* scaling = std::get_if<LongRotaryScaling>(&rotary.scaling))
      return scaling->original_positions;
  return 0;
}

class TorchIncrementalModel final : public IncrementalModel {
 public:
  explicit TorchIncrementalModel(LoadedDecoder loaded)
      : info_(std::move(loaded.info)),
        decoder_(std::move(loaded.decoder)),
        longest_shared_(loaded.longest_shared),
        longest_short_text_(longest_short_text(decoder_.config())),
        cache_(decoder_.empty_cache()) {}

  [[nodiscard]] const ModelInfo& info() const override { return info_; }

  [[nodiscard]] std::span<float> begin(std::span<const NewSequence> sequences) override {
    return with_model_errors(info_.folder, decoder_.device(), [&] { return take_in(sequences); });
  }

  [[nodiscard]] std::span<float> step(std::span<const NextToken> tokens) override {
    return with_model_errors(info_.folder, decoder_.device(), [&] { return append(tokens); });
  }

  void end(SequenceSlot slot) override {
    cache_.close(slot);
    ids_.erase(slot);
  }

 private:
  std::span<float> take_in(std::span<const NewSequence> sequences) {
    std::vector<SequenceSlot> slots;
    for (const NewSequence& sequence : sequences) {
      cache_.open(sequence.slot, sequence.capacity);
      ids_[sequence.slot].assign(sequence.ids.begin(), sequence.ids.end());
      slots.push_back(sequence.slot);
    }
    return whole_pass(slots);
  }

  std::span<float> append(std::span<const NextToken> tokens) {
    std::vector<SequenceSlot> going_on, turned_anew;
    for (const NextToken& token : tokens) {
      ids_.at(token.slot).push_back(token.id);
      const bool becomes_long =
          longest_short_text_ > 0 && cache_.at(token.slot).tokens == longest_short_text_;
      (becomes_long ? turned_anew : going_on).push_back(token.slot);
    }
    if (turned_anew.empty()) return next_pass(going_on);
    // The logits of two passes, in the order of the tokens.
    const auto width = static_cast<std::ptrdiff_t>(info_.vocabulary_size);
    std::map<SequenceSlot, std::vector<float>> rows;
    const auto keep = [&](const std::vector<SequenceSlot>& slots, std::span<float> logits) {
      for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i) * width;
        rows[slots[i]].assign(row, row + width);
      }
    };
    keep(turned_anew, whole_pass(turned_anew));
    if (!going_on.empty()) keep(going_on, next_pass(going_on));
    gathered_.clear();
    for (const NextToken& token : tokens)
      gathered_.insert(gathered_.end(), rows.at(token.slot).begin(), rows.at(token.slot).end());
    return gathered_;
  }

  /// Sequences from their beginning.
  std::span<float> whole_pass(const std::vector<SequenceSlot>& slots) {
    std::vector<std::vector<std::int32_t>> followed;  // by the token that is asked for
    bool may_share = true;
    for (const SequenceSlot slot : slots) {
      followed.push_back(ids_.at(slot));
      may_share = may_share && followed.back().size() <= longest_shared_;
      followed.back().push_back(0);
    }
    std::vector<Segment> segments;
    for (const auto& ids : followed) {
      const auto length = core::checked_cast<std::uint32_t>(ids.size());
      segments.push_back({ids, length - 1, length});
    }
    PackedBatch batch =
        pack(segments, info_, kFewestRows, may_share ? Sharing::common_beginning : Sharing::none);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      SegmentRows& rows = batch.segments[i];
      rows.text_length = static_cast<std::int64_t>(ids_.at(slots[i]).size());
      core::check(batch.scored_rows[i] == rows.begin + rows.length - 1,
                  "what follows a sequence is asked of its last token");
    }
    const std::span<float> logits = run(batch, {cache_, slots, CachedPass::Kind::whole});
    for (const SequenceSlot slot : slots)
      cache_.at(slot).tokens = static_cast<std::int64_t>(ids_.at(slot).size());
    return logits;
  }

  /// The last token of sequences whose others the cache holds.
  std::span<float> next_pass(const std::vector<SequenceSlot>& slots) {
    PackedBatch batch;
    for (const SequenceSlot slot : slots) {
      const auto row = static_cast<std::int64_t>(batch.ids.size());
      const KvCache::Sequence& sequence = cache_.at(slot);
      batch.ids.push_back(ids_.at(slot).back());
      batch.positions.push_back(sequence.tokens);
      batch.segments.push_back({row, 1, sequence.tokens + 1});
      batch.scored_rows.push_back(row);
      // Tables of positions grow once, not with every token.
      batch.positions_used = std::max(batch.positions_used, sequence.capacity);
    }
    const std::size_t rows = std::max(slots.size(), static_cast<std::size_t>(kFewestRows));
    for (auto* column : {&batch.ids, &batch.positions, &batch.scored_rows}) column->resize(rows, 0);
    const std::span<float> logits = run(batch, {cache_, slots, CachedPass::Kind::next});
    for (const SequenceSlot slot : slots) ++cache_.at(slot).tokens;
    return logits;
  }

  /// Logits of the pass's sequences, on the CPU.
  std::span<float> run(const PackedBatch& batch, const CachedPass& pass) {
    const c10::InferenceMode no_autograd;
    const at::Tensor hidden = decoder_.run(batch, &pass);
    const at::Tensor logits = at::empty({hidden.size(0), info_.vocabulary_size}, hidden.options());
    Products& products = decoder_.products();
    products.multiply_operand(logits, hidden, products.operand(decoder_.head()));
    if (decoder_.config().logit_cap > 0) cap_values(logits, decoder_.config().logit_cap);
    logits_ = logits.cpu();
    return {logits_.mutable_data_ptr<float>(), pass.slots.size() * info_.vocabulary_size};
  }

  ModelInfo info_;
  Decoder decoder_;
  std::size_t longest_shared_;
  std::int64_t longest_short_text_;
  KvCache cache_;
  std::map<SequenceSlot, std::vector<std::int32_t>> ids_;
  at::Tensor logits_;
  std::vector<float> gathered_;  ///< of a step in two passes
};

}  // namespace

std::unique_ptr<IncrementalModel> load_incremental_model(const std::filesystem::path& folder,
                                                         const LoadOptions& options) {
  return std::make_unique<TorchIncrementalModel>(
      load_decoder(folder, options, Widening::when_loaded));
}

}  // namespace winnow::model
