#include "pipeline/training_rows.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/row_source.hpp"
#include "training/pair_text.hpp"

namespace winnow::pipeline {
namespace {

using training::TokenRange;
using training::TrainingRow;

/// Rows one after another, as they go between the ranks.
struct FlatRows {
  struct Head {
    std::uint64_t row;
    std::uint32_t ids;
    std::uint32_t targets;
    std::uint32_t rejected_ids;  ///< 0: the row is no pair
    TokenRange rejected_target;
    core::ScoreStatus status;
    bool is_cut;
    bool is_empty;
  };
  std::vector<Head> heads;
  std::vector<std::int32_t> ids;
  std::vector<TokenRange> targets;

  void add(const training::RowText& text) {
    Head head{text.row.row, 0, 0, 0, {}, text.status, text.is_cut, text.is_empty};
    if (text.status == core::ScoreStatus::ok) {
      head.ids = static_cast<std::uint32_t>(text.row.ids.size());
      head.targets = static_cast<std::uint32_t>(text.row.targets.size());
      ids.insert(ids.end(), text.row.ids.begin(), text.row.ids.end());
      targets.insert(targets.end(), text.row.targets.begin(), text.row.targets.end());
      if (const auto& rejected = text.row.rejected) {
        head.rejected_ids = static_cast<std::uint32_t>(rejected->ids.size());
        head.rejected_target = rejected->target;
        ids.insert(ids.end(), rejected->ids.begin(), rejected->ids.end());
      }
    }
    heads.push_back(head);
  }
};

template <typename Value>
std::vector<Value> of_all_ranks(const Context& context, const std::vector<Value>& own) {
  return mpi::all_gather(context.communicator, std::span<const Value>(own)).values;
}

}  // namespace

void expect_pairs(const data::DataSet& data_set) {
  if (data_set.schema.format != data::Format::preference)
    throw core::DataError(fmt::format(
        "{}: expected pairs of answers, with the fields {} and {}, for "
        "finetune.objective: dpo",
        data_set.message, data_set.schema.fields.chosen, data_set.schema.fields.rejected));
}

TrainingRows training_rows(const Context& context, const IndexedData& data,
                           std::span<const core::RowId> rows, const tokenizer::Tokenizer& tokenizer,
                           const data::PromptTemplate& prompt,
                           const training::RowTextOptions& options) {
  const core::RowRange share = share_of(context.communicator, rows.size());
  const std::span<const core::RowId> own = rows.subspan(share.begin, share.size());
  const bool are_pairs = context.job.finetune->options.dpo_beta.has_value();
  FlatRows flat;
  mpi::agree_on(context.communicator, [&] {
    RowSource source(context.folder, data.data_set);
    std::size_t place = 0;
    if (are_pairs) expect_pairs(data.data_set);
    source.for_each_row(own, [&](const std::optional<data::ParsedRow>& parsed) {
      const core::RowId row = own[place++];
      const auto refused = [&](core::ScoreStatus status) { flat.add({status, {row, {}, {}}}); };
      if (!parsed) return refused(core::ScoreStatus::bad_row);
      try {
        flat.add(are_pairs ? training::pair_text(row, parsed->sample, parsed->rejected.value(),
                                                 tokenizer, prompt, options)
                           : training::row_text(row, parsed->sample, tokenizer, prompt, options));
      } catch (const data::TemplateRefused& error) {
        if (!data.data_set.skip_bad_rows)
          throw core::DataError(fmt::format("row {}: {}", row, error.what()));
        refused(core::ScoreStatus::template_refused);
      } catch (const core::DataError& error) {
        throw core::DataError(fmt::format("row {}: {}", row, error.what()));
      }
    });
  });
  TrainingRows result;
  const auto ids = of_all_ranks(context, flat.ids);
  const auto targets = of_all_ranks(context, flat.targets);
  std::size_t id = 0, target = 0;
  for (const FlatRows::Head& head : of_all_ranks(context, flat.heads)) {
    ++result.status_counts[static_cast<std::size_t>(head.status)];
    if (head.status != core::ScoreStatus::ok) continue;
    if (head.is_cut) ++result.cut;
    if (head.is_empty) ++result.empty_answers;
    const auto take = [](const auto& values, std::size_t& at, std::uint32_t count) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(at);
      at += count;
      return std::vector(begin, begin + count);
    };
    auto& row = result.rows.emplace_back();
    row.row = head.row;
    row.ids = take(ids, id, head.ids);
    row.targets = take(targets, target, head.targets);
    if (head.rejected_ids > 0)
      row.rejected = {take(ids, id, head.rejected_ids), head.rejected_target, {}};
  }
  return result;
}

}  // namespace winnow::pipeline
