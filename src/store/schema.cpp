#include "store/schema.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/error.hpp"

namespace winnow::store {
namespace {

struct SharedStatus {
  std::string_view score;
  std::string_view status;
};

constexpr std::array kSharedStatuses{
    SharedStatus{score::kNllCondSum.name, score::kStatusCond.name},
    SharedStatus{score::kPplCond.name, score::kStatusCond.name},
    SharedStatus{score::kNllDirectSum.name, score::kStatusDirect.name},
    SharedStatus{score::kPplDirect.name, score::kStatusDirect.name},
    SharedStatus{score::kIfdPpl.name, score::kStatusIfd.name},
    SharedStatus{score::kIfdLoss.name, score::kStatusIfd.name},
    SharedStatus{score::kNllInstructionSum.name, score::kStatusInstructionPpl.name}};

constexpr std::array kScoreFields{&score::kNllCondSum,        &score::kNCond,
                                  &score::kNllDirectSum,      &score::kNDirect,
                                  &score::kNTokens,           &score::kPplCond,
                                  &score::kPplDirect,         &score::kIfdPpl,
                                  &score::kIfdLoss,           &score::kStatusCond,
                                  &score::kStatusDirect,      &score::kStatusIfd,
                                  &score::kNllInstructionSum, &score::kNInstruction,
                                  &score::kInstructionPpl,    &score::kStatusInstructionPpl,
                                  &score::kEvolComplexity,    &score::kStatusEvolComplexity,
                                  &score::kEvolQuality,       &score::kStatusEvolQuality,
                                  &score::kStatusEmbedding,   &score::kNTags,
                                  &score::kStatusNTags};

constexpr std::array kTurnFields{&turn::kEvolComplexity, &turn::kStatusEvolComplexity,
                                 &turn::kEvolQuality, &turn::kStatusEvolQuality};

const Field& find_field(std::span<const Field* const> fields, std::string_view name) {
  const auto found =
      std::ranges::find(fields, name, [](const Field* field) { return field->name; });
  core::check(found != fields.end(), "what is stored has a field in the schema");
  return **found;
}

}  // namespace

std::string status_of(std::string_view score) {
  for (const SharedStatus& shared : kSharedStatuses)
    if (shared.score == score) return std::string(shared.status);
  return "status_" + std::string(score);
}

const Field& score_field(std::string_view name) { return find_field(kScoreFields, name); }
const Field& turn_field(std::string_view name) { return find_field(kTurnFields, name); }

Attributes attributes_of(const Field& field) {
  return {{"formula", std::string(field.formula)},
          {"unit", std::string(field.unit)},
          {"log_base", std::string(field.log_base)},
          {"source", std::string(field.source)}};
}

}  // namespace winnow::store
