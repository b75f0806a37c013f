#include "pipeline/select_stage.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/subset_writer.hpp"
#include "mpi/agree.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/selection_chain.hpp"
#include "pipeline/selection_origin.hpp"
#include "pipeline/selection_summary.hpp"
#include "pipeline/step_parameters.hpp"
#include "pipeline/version.hpp"
#include "store/selection_file.hpp"
#include "store/tfidf_file.hpp"

namespace winnow::pipeline {
namespace {

/// The step whose TF-IDF becomes tfidf.h5: the job's first iterit.
const SelectionStep* dumped_step(const Job& job) {
  if (!job.tfidf.dump) return nullptr;
  for (const SelectionJob& selection : job.selections)
    for (const SelectionStep& step : selection.steps)
      if (step.method == "iterit") return &step;
  return nullptr;
}

bool is_dumped(const Job& job, const SelectionJob& selection) {
  const SelectionStep* const dumped = dumped_step(job);
  return std::ranges::any_of(selection.steps,
                             [&](const SelectionStep& step) { return &step == dumped; });
}

/// Names the first step that left no row.
[[noreturn]] void refuse_nothing(const SelectionJob& selection, const ChainResult& result) {
  const auto left_none = std::ranges::find(result.steps, 0U, &StepResult::rows_out);
  const SelectionStep& step =
      selection.steps.at(static_cast<std::size_t>(left_none - result.steps.begin()));
  throw core::DataError(
      step.budget.empty()
          ? fmt::format("{}: no row is left: expected at least one", step.place)
          : fmt::format("{}.budget: '{}' is less than its first row needs: expected at least one "
                        "row",
                        step.place, step.budget));
}

/// Root only. The subset first, the selection file last, and none of an earlier setting in between:
/// its being there means that both are.
void write_files(const Context& context, const IndexedData& data, const SelectionJob& selection,
                 const ChainResult& result, const std::string& key) {
  const SelectionStep& last = selection.steps.back();
  const selection::Selection& picks = result.picks;
  if (picks.row.empty()) refuse_nothing(selection, result);
  std::vector<core::RowId> order = picks.row;
  if (selection.order == "file") std::sort(order.begin(), order.end());
  const std::filesystem::path subset_file = subset_path(context, data, selection);
  RowSource source(context.folder, data.data_set);
  data::SubsetWriter subset(subset_file, data.data_set.layout);
  source.for_each_bytes(order, [&](std::string_view bytes) { subset.add(bytes); });
  core::remove_file(context.folder.selection(selection.name));
  subset.publish();

  store::SelectionInfo info;
  info.method = last.method;
  info.parameters = parameters_of(context.job, last);
  info.parameters.push_back({"order", selection.order});
  info.budget_asked = last.budget.empty() ? "all" : last.budget;
  info.budget_rows = picks.row.size();
  if (is_in_tokens(last)) info.budget_tokens = picks.spent;
  info.rows = data.rows;
  info.eligible = result.steps.back().eligible;
  info.status_counts = result.steps.back().status_counts;
  info.code_version = kVersion;
  info.more = result.steps.back().more;
  if (picks.filled_from)
    info.more.push_back({"filled_from", static_cast<std::uint64_t>(*picks.filled_from)});
  info.more.push_back({"steps", steps_text(context.job, selection, result.steps)});
  for (const store::Attribute& origin : origin_of(context, data, selection))
    info.more.push_back(origin);
  info.more.push_back(subset_hash(subset_file));
  info.more.push_back({kMadeFrom, key});
  const auto span_of = [](const std::optional<std::vector<double>>& column) {
    return column ? std::span<const double>(*column) : std::span<const double>();
  };
  store::write_selection(
      context.folder.selection(selection.name), info,
      {picks.row, span_of(picks.gain), span_of(picks.score), span_of(picks.diversity),
       selection.steps.size() > 1 ? std::span<const std::uint8_t>(result.left_out_by)
                                  : std::span<const std::uint8_t>()});
}

bool is_current(const Context& context, const IndexedData& data, const SelectionJob& selection,
                const std::string& key) {
  const std::filesystem::path file = context.folder.selection(selection.name);
  const std::filesystem::path subset = subset_path(context, data, selection);
  if (!std::filesystem::exists(file) || !std::filesystem::exists(subset)) return false;
  if (is_dumped(context.job, selection) &&
      (!std::filesystem::exists(context.folder.tfidf()) ||
       made_from(store::tfidf_attributes(context.folder.tfidf())) != key))
    return false;
  const store::Attributes found = store::read_selection(file).attributes;
  return made_from(found) == key && is_subset(subset, found);
}

void select_one(Context& context, const IndexedData& data, const SelectionJob& selection) {
  const mpi::Communicator& ranks = context.communicator;
  const std::string key =
      mpi::agree_on(ranks, [&] { return selection_key(context, data, selection); });
  if (!ask_root(ranks, [&] { return is_current(context, data, selection, key); })) {
    if (ranks.is_root())
      context.log.write("select", fmt::format("{}: {}", selection.name, described(selection)));
    const ChainResult result = run_chain(context, data, selection, {dumped_step(context.job), key});
    stop_if_requested(context);
    mpi::agree_on(ranks, [&] {
      if (ranks.is_root()) write_files(context, data, selection, result, key);
    });
  }
  context.summary["selections"][selection.name] = mpi::agree_on(ranks, [&] {
    return ranks.is_root() ? summarize(context, data, selection) : nlohmann::ordered_json::object();
  });
}

}  // namespace

std::string selection_key(const Context& context, const IndexedData& data,
                          const SelectionJob& selection) {
  const auto written = [](const store::Attribute& attribute) {
    return std::visit(
        [&](const auto& value) { return fmt::format("{}={}\n", attribute.name, value); },
        attribute.value);
  };
  std::string text = fmt::format("{}\n{}\n", selection.order, is_dumped(context.job, selection));
  for (const store::Attribute& origin : origin_of(context, data, selection))
    text += written(origin);
  for (const SelectionStep& step : selection.steps) {
    text += fmt::format("{}\n", step.method);
    for (const store::Attribute& parameter : parameters_of(context.job, step))
      text += written(parameter);
  }
  return core::to_hex(core::hash128(text));
}

void select_rows(Context& context, const IndexedData& data) {
  const StageTimer timer(context, "select");
  mpi::agree_on(context.communicator, [&] {
    std::error_code error;
    std::filesystem::create_directories(context.folder.selection_folder(), error);
    if (error)
      throw core::EnvironmentError(fmt::format("{}: cannot create the folder: {}",
                                               context.folder.selection_folder().string(),
                                               error.message()));
  });
  for (const SelectionJob& selection : context.job.selections) {
    stop_if_requested(context);
    select_one(context, data, selection);
  }
}

}  // namespace winnow::pipeline
