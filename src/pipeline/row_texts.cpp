#include "pipeline/row_texts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/row_source.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1024;

}  // namespace

std::string text_of_row(const data::Sample& sample, RowText part) {
  if (part == RowText::instruction) return sample.instruction;
  if (part == RowText::response) return sample.output;
  const std::string request =
      sample.input.empty() ? sample.instruction : sample.instruction + "\n" + sample.input;
  if (part == RowText::request) return request;
  std::string text;
  if (sample.system) text += *sample.system + "\n";
  for (const data::Turn& turn : sample.history) text += turn.text + "\n";
  return text + request + "\n" + sample.output;
}

void for_each_text(const Context& context, const IndexedData& data, const Pool& rows, RowText part,
                   const std::function<void(const std::string&)>& visit) {
  RowSource source(context.folder, data.data_set);
  for (auto next = rows.begin(); next != rows.end();) {
    const core::RowRange range{*next, std::min(data.rows, *next + kRowsAtOnce)};
    const auto samples = source.samples(range);
    for (; next != rows.end() && *next < range.end; ++next) {
      const auto& sample = samples[*next - range.begin];
      if (!sample)
        throw core::ModelError(
            fmt::format("{}: row {} is marked as bad, but has a score: one of "
                        "index.h5 and scores.h5 is damaged",
                        context.folder.index().string(), *next));
      visit(text_of_row(*sample, part));
    }
  }
}

}  // namespace winnow::pipeline
