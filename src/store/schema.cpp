#include "store/schema.hpp"

#include <array>

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
    SharedStatus{score::kIfdLoss.name, score::kStatusIfd.name}};

}  // namespace

std::string status_of(std::string_view score) {
  for (const SharedStatus& shared : kSharedStatuses)
    if (shared.score == score) return std::string(shared.status);
  return "status_" + std::string(score);
}

Attributes attributes_of(const Field& field) {
  return {{"formula", std::string(field.formula)},
          {"unit", std::string(field.unit)},
          {"log_base", std::string(field.log_base)},
          {"source", std::string(field.source)}};
}

}  // namespace winnow::store
