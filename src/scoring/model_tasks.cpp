#include "scoring/model_tasks.hpp"

#include "core/checked_cast.hpp"
#include "scoring/batch_plan.hpp"

namespace winnow::scoring {

std::uint64_t ModelTasks::run(model::CausalLanguageModel& model,
                              std::span<const std::int32_t> candidates,
                              std::uint32_t batch_tokens) {
  std::vector<const std::pair<const ModelRequest, std::vector<Use>>*> tasks;
  std::vector<std::uint32_t> lengths;
  std::uint64_t tokens = 0;
  for (const auto& task : uses_) {
    tasks.push_back(&task);
    lengths.push_back(core::checked_cast<std::uint32_t>(task.first.ids.size()));
    tokens += task.first.ids.size();
  }
  for (const std::vector<std::uint32_t>& batch : plan_batches(lengths, batch_tokens)) {
    std::vector<model::Segment> segments;
    for (const std::uint32_t task : batch) {
      const ModelRequest& request = tasks[task]->first;
      segments.push_back({request.ids, request.first_scored, request.end_scored, request.pooled,
                          request.pooling,
                          request.wants_candidates ? candidates : std::span<const std::int32_t>()});
    }
    const std::vector<model::SegmentResult> results = model.run(segments);
    for (std::size_t i = 0; i < batch.size(); ++i)
      for (const Use& use : tasks[batch[i]]->second) use(results[i]);
  }
  uses_.clear();
  return tokens;
}

}  // namespace winnow::scoring
