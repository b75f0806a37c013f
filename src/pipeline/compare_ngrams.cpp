#include "pipeline/compare_ngrams.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/data_set.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/selection_origin.hpp"
#include "store/index_file.hpp"
#include "text/ngrams.hpp"

namespace winnow::pipeline {
namespace {

/// Distinct hashes of a stream.
class Distinct {
 public:
  void add(const text::NgramHash& ngram) {
    found_.emplace_back(ngram.hash, ngram.check);
    if (found_.size() < limit_) return;
    compact();
    limit_ = std::max(limit_, 2 * found_.size());
  }

  [[nodiscard]] std::uint64_t count() {
    compact();
    return found_.size();
  }

 private:
  void compact() {
    std::ranges::sort(found_);
    const auto repeats = std::ranges::unique(found_);
    found_.erase(repeats.begin(), repeats.end());
  }

  std::vector<std::pair<std::uint64_t, std::uint32_t>> found_;
  std::size_t limit_ = 1 << 22;
};

/// How the indexed rows were read: a subset has the input's own form.
data::SourceOptions source_of(const store::IndexInfo& info) {
  data::SourceOptions source;
  source.format = info.format;
  source.answer_required = false;
  const auto read = [&](const char* field, std::string& name) {
    if (const auto text = text_of(info.fields, field)) name = *text;
  };
  read("instruction", source.fields.instruction);
  read("input", source.fields.input);
  read("output", source.fields.output);
  read("history", source.fields.history);
  read("system", source.fields.system);
  read("conversations", source.fields.conversations);
  read("messages", source.fields.messages);
  read("prompt", source.fields.prompt);
  read("chosen", source.fields.chosen);
  read("rejected", source.fields.rejected);
  for (const store::Attribute& field : info.fields)
    if (field.name == "max_row_bytes") source.max_row_bytes = std::get<std::uint64_t>(field.value);
  return source;
}

}  // namespace

std::uint64_t unique_ngrams(const RunFolder& run, const ComparedSelection& selection) {
  const store::IndexInfo info = store::IndexReader(run.index()).info();
  data::SourceOptions source = source_of(info);
  const char* const extension = info.container == "json" ? ".json" : ".jsonl";
  const auto subset = std::filesystem::path(selection.file).replace_extension(extension);
  if (!is_subset(subset, selection.stored.attributes))
    throw core::ModelError(
        fmt::format("{}: not the subset that {} was written with: expected it "
                    "unchanged (`winnow select` makes it again)",
                    subset.string(), selection.file.string()));
  source.paths = {subset.string()};
  Distinct ngrams;
  text::NgramScanner scanner;
  static_cast<void>(data::scan_rows(
      data::open_data_set(source, selection.file.parent_path()), [&](const data::DataRow& row) {
        scanner.start(row.parsed->sample.output);
        for (auto found = scanner.next(); !found.empty(); found = scanner.next())
          for (const text::NgramHash& ngram : found) ngrams.add(ngram);
      }));
  return ngrams.count();
}

}  // namespace winnow::pipeline
