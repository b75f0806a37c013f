#include "model/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_set>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace winnow::model {
namespace {

/// Sets the random words of sampling apart from those of other uses of a seed.
constexpr std::uint64_t kSamplingStage = 0x67656e6572617465;

/// Tokens that a first look for the top-p set sorts.
constexpr std::size_t kFirstSorted = 64;

std::optional<std::int32_t> likeliest(std::span<const float> logits) {
  std::size_t best = 0;
  bool has_nan = false;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    if (logits[id] > logits[best]) best = id;
    has_nan = has_nan || std::isnan(logits[id]);
  }
  if (has_nan || !std::isfinite(logits[best])) return std::nullopt;
  return core::checked_cast<std::int32_t>(best);
}

/// The `rank`th largest value, from 1.
float value_at_rank(std::vector<float> values, std::size_t rank) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end(), std::greater<>());
  return *place;
}

/// Cuts weights, which add up to `total`, to the top-p set, likeliest first.
void keep_top_p(std::vector<Candidate>& weights, double total, double top_p) {
  const auto is_likelier = [](const Candidate& a, const Candidate& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.id < b.id;
  };
  double before = 0;
  std::size_t kept = 0;
  std::size_t sorted = 0;
  while (kept < weights.size() && (kept == 0 || before < top_p * total)) {
    if (kept == sorted) {
      const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(sorted);
      sorted = std::min(weights.size(), std::max(kFirstSorted, 4 * sorted));
      std::partial_sort(begin, weights.begin() + static_cast<std::ptrdiff_t>(sorted), weights.end(),
                        is_likelier);
    }
    before += weights[kept++].probability;
  }
  weights.resize(kept);
}

}  // namespace

void penalise_repetition(std::span<float> logits, std::span<const std::int32_t> sequence,
                         double penalty) {
  if (penalty == 1) return;
  const auto factor = static_cast<float>(penalty);
  const std::unordered_set<std::int32_t> distinct(sequence.begin(), sequence.end());
  for (const std::int32_t id : distinct) {
    if (id < 0 || static_cast<std::size_t>(id) >= logits.size()) continue;
    float& logit = logits[static_cast<std::size_t>(id)];
    logit = logit < 0 ? logit * factor : logit / factor;
  }
}

std::vector<Candidate> sampling_candidates(std::span<const float> logits,
                                           const SamplingOptions& options) {
  core::check(options.temperature > 0 && !logits.empty(),
              "sampling needs a temperature and logits");
  const double largest = *std::max_element(logits.begin(), logits.end());
  core::check(std::isfinite(largest), "sampling needs a finite largest logit");
  const float fewest = options.top_k == 0 || options.top_k >= logits.size()
                           ? -std::numeric_limits<float>::infinity()
                           : value_at_rank({logits.begin(), logits.end()}, options.top_k);
  std::vector<Candidate> kept;
  double total = 0;
  for (std::size_t id = 0; id < logits.size(); ++id) {
    if (logits[id] < fewest) continue;
    // Divided first, logits overflow at low temperatures.
    const double weight =
        std::exp((static_cast<double>(logits[id]) - largest) / options.temperature);
    total += weight;
    kept.push_back({static_cast<std::int32_t>(id), weight});
  }
  if (options.top_p < 1) keep_top_p(kept, total, options.top_p);
  total = 0;
  for (const Candidate& candidate : kept) total += candidate.probability;
  for (Candidate& candidate : kept) candidate.probability /= total;
  return kept;
}

std::optional<std::int32_t> next_token(std::span<float> logits,
                                       std::span<const std::int32_t> sequence,
                                       const SamplingOptions& options, double uniform) {
  penalise_repetition(logits, sequence, options.repetition_penalty);
  const std::optional<std::int32_t> best = likeliest(logits);
  if (!best || options.temperature == 0) return best;
  const std::vector<Candidate> candidates = sampling_candidates(logits, options);
  double passed = 0;
  for (const Candidate& candidate : candidates) {
    passed += candidate.probability;
    if (uniform < passed) return candidate.id;
  }
  // The probabilities' sum was rounded to less than `uniform`.
  const auto last = std::find_if(candidates.rbegin(), candidates.rend(),
                                 [](const Candidate& each) { return each.probability > 0; });
  return last == candidates.rend() ? best : last->id;
}

double sampling_number(std::uint64_t seed, std::uint64_t row, std::uint64_t step) {
  const std::uint64_t word =
      core::random_word(core::random_word(seed, kSamplingStage, row), kSamplingStage, step);
  return static_cast<double>(word >> 11) * 0x1.0p-53;
}

}  // namespace winnow::model
