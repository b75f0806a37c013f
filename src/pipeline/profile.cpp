#include "pipeline/profile.hpp"

namespace winnow::pipeline {

nlohmann::ordered_json profile_seconds(const WorkSeconds& work, const model::PassTimes& passes,
                                       bool has_parts) {
  nlohmann::ordered_json parts;
  if (has_parts) {
    parts["products"] = passes.products;
    parts["widening"] = passes.widening;
    parts["attention"] = passes.attention;
    parts["losses"] = passes.losses;
    parts["other_in_passes"] =
        passes.all - passes.products - passes.widening - passes.attention - passes.losses;
  } else {
    parts["passes"] = passes.all;
  }
  parts["between_passes"] = work.running - passes.all;
  parts["waiting_for_rows"] = work.waiting_for_rows;
  parts["waiting_for_journal"] = work.waiting_for_journal;
  parts["claims_and_waiting"] =
      work.all - work.running - work.waiting_for_rows - work.waiting_for_journal;
  return parts;
}

}  // namespace winnow::pipeline
