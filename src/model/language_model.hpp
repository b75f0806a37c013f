#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/pass_times.hpp"

namespace winnow::model {

/// How the hidden states of a text's tokens (of the last layer, after the final norm) become one
/// vector.
enum class Pooling { last_token, mean };

/// One sequence to run and what is asked of it; what nobody asks for is not computed.
struct Segment {
  std::span<const std::int32_t> ids;
  /// Position t in [first_scored, end_scored) is scored: -ln p(ids[t] | ids[0..t)). first_scored
  /// >= 1; nothing is scored where first_scored >= end_scored.
  std::uint32_t first_scored = 1;
  std::uint32_t end_scored = 0;  ///< one past the last scored position, <= ids.size()
  /// The embedding is of the tokens ids[0..pooled); none where 0. <= ids.size()
  std::uint32_t pooled = 0;
  Pooling pooling = Pooling::last_token;
  /// Tokens whose logits are wanted at the position after the last of `ids`.
  std::span<const std::int32_t> candidates = {};
};

/// What a segment asked for, each empty where it did not. May hold NaN or infinities if the model's
/// numbers are such.
struct SegmentResult {
  std::vector<float> losses;     ///< nats [end_scored - first_scored]
  std::vector<float> embedding;  ///< [hidden_size]
  std::vector<float> logits;     ///< [candidates]
};

struct ModelInfo {
  std::string architecture;  ///< config.json's `architectures[0]`
  std::uint64_t parameters = 0;
  std::uint32_t vocabulary_size = 0;
  std::uint32_t hidden_size = 0;
  std::uint32_t max_positions = 0;  ///< the longest sequence the model takes
  std::string folder;               ///< where it came from, for messages
};

/// A decoder-only language model on one device. No torch types: callers compile without libtorch.
class CausalLanguageModel {
 public:
  virtual ~CausalLanguageModel() = default;
  [[nodiscard]] virtual const ModelInfo& info() const = 0;

  [[nodiscard]] virtual const PassTimes& times() const = 0;

  /// One pass over the batch. [segments]. A result depends on the batch's composition in its last
  /// bits only; equal batches give equal bits at equal threads.
  [[nodiscard]] virtual std::vector<SegmentResult> run(std::span<const Segment> batch) = 0;
};

enum class Precision {
  fp32,
  /// Weights and inputs of matrix products are rounded to bf16; residual, norms, softmax and loss
  /// are fp32. On CUDA and on processors with a fast bf16 product of their own, what a product
  /// gives, logits included, is rounded to bf16 too, and on CUDA queries, keys and values; the
  /// logits of Segment::candidates never are.
  bf16
};

struct LoadOptions {
  Precision precision = Precision::bf16;
  int device = -1;  ///< CUDA device index; -1: CPU
  int threads = 1;  ///< CPU threads of this process
  /// Processes of this machine that load the model on its CPU together: what they need is compared
  /// with the memory that is free.
  int processes = 1;
  bool profile = false;  ///< PassTimes has its parts on CUDA too, which slows the passes down
  /// Where the weight files are, if not in the model's folder.
  std::filesystem::path weights = {};
};

/// Loads a Hugging Face folder (config.json, *.safetensors, single or sharded).
/// @throws core::ModelError naming file, field or tensor: missing, malformed, unknown architecture,
/// wrong shape, ...
[[nodiscard]] std::unique_ptr<CausalLanguageModel> load_causal_language_model(
    const std::filesystem::path& folder, const LoadOptions& options);

/// What a model is loaded for: to generate, bf16 weights may be widened as they are loaded.
enum class ModelUse { scoring, generation };

/// Whether the weights fit into the memory that is free, for all of options.processes; nothing is
/// loaded. All processes of a machine ask before any of them loads.
/// @throws core::EnvironmentError naming what is needed and what is free; core::ModelError as the
/// loaders
void expect_memory_for(const std::filesystem::path& folder, const LoadOptions& options,
                       ModelUse use);

/// CUDA devices that this process can use; 0 without a GPU, a driver or a CUDA build.
[[nodiscard]] int cuda_device_count();
/// The library's own words: version, math-library mode, CPU capability; stored with the scores.
[[nodiscard]] std::string library_description();

}  // namespace winnow::model
