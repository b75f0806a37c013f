#include "pipeline/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/data_set.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/pool.hpp"
#include "pipeline/run_folder.hpp"
#include "selection/kmeans.hpp"
#include "selection/overlap.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"
#include "store/selection_file.hpp"
#include "text/ngrams.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using core::ScoreStatus;

constexpr const char* kSelections = "selection";
/// Of k-means over the embeddings of all rows.
constexpr std::size_t kComparedClusters = 100;
constexpr double kQuantiles[] = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 1};

struct ComparedSelection {
  std::string name;
  std::filesystem::path path;
  RunFolder run;
  store::Selection file;
  std::vector<core::RowId> rows;  ///< ascending, each once
};

/// The selection files of a run folder by name; or the one file that was given.
std::vector<fs::path> selection_files(const fs::path& path) {
  if (fs::is_regular_file(path)) return {path};
  std::vector<fs::path> files;
  const fs::path folder = path / kSelections;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".h5") files.push_back(entry.path());
  if (files.empty())
    throw core::UsageError(fmt::format(
        "{}: expected a run folder with selections, or a file selection/NAME.h5", path.string()));
  std::ranges::sort(files);
  return files;
}

/// Named by their files, and by their runs where two would have one name.
std::vector<ComparedSelection> open_selections(std::span<const fs::path> paths) {
  std::vector<ComparedSelection> selections;
  std::map<std::string, int> named;
  for (const fs::path& path : paths)
    for (const fs::path& file : selection_files(path)) {
      const fs::path run = fs::absolute(file).lexically_normal().parent_path().parent_path();
      ComparedSelection selection{
          file.stem().string(), file, RunFolder(run), store::read_selection(file), {}};
      selection.rows = selection.file.row;
      std::ranges::sort(selection.rows);
      const auto repeats = std::ranges::unique(selection.rows);
      selection.rows.erase(repeats.begin(), repeats.end());
      ++named[selection.name];
      selections.push_back(std::move(selection));
    }
  for (ComparedSelection& selection : selections)
    if (named[selection.name] > 1)
      selection.name = selection.run.path().filename().string() + "/" + selection.name;
  if (selections.size() < 2)
    throw core::UsageError(
        fmt::format("found {} selection, expected at least two to compare", selections.size()));
  return selections;
}

/// The rows of a run's data set: what makes it the same as another's.
core::Hash128 fingerprint(const RunFolder& run, std::uint64_t& rows) {
  const store::IndexReader index(run.index());
  rows = index.rows();
  const std::vector<std::uint64_t> hashes = index.read_hashes({0, rows});
  return core::hash128({reinterpret_cast<const char*>(hashes.data()), hashes.size() * 8});
}

/// @returns how many rows all of them choose from
std::uint64_t check_one_data_set(const std::vector<ComparedSelection>& selections) {
  std::uint64_t rows = 0, first_rows = 0;
  const core::Hash128 first = fingerprint(selections.front().run, first_rows);
  std::set<fs::path> checked{selections.front().run.path()};
  for (const ComparedSelection& selection : selections)
    if (checked.insert(selection.run.path()).second &&
        (fingerprint(selection.run, rows) != first || rows != first_rows))
      throw core::UsageError(
          fmt::format("{} and {} are runs on different data sets: their rows cannot be compared",
                      selections.front().run.path().string(), selection.run.path().string()));
  return first_rows;
}

Json distribution(std::vector<double> values) {
  Json result;
  std::ranges::sort(values);
  double sum = 0;
  for (const double value : values) sum += value;
  result["mean"] = sum / static_cast<double>(values.size());
  for (const double share : kQuantiles) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    result[fmt::format("q{:.0f}", 100 * share)] =
        values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  }
  return result;
}

Json lengths(const std::vector<std::uint32_t>& of_rows, const std::vector<core::RowId>& rows) {
  std::vector<double> values;
  for (const core::RowId row : rows) values.push_back(of_rows.at(row));
  return distribution(std::move(values));
}

/// What the fields of the indexed rows are called.
data::FieldNames field_names(const store::IndexInfo& info) {
  data::FieldNames names;
  const auto read = [&](const char* field, std::string& name) {
    if (const auto text = text_of(info.fields, field)) name = *text;
  };
  read("instruction", names.instruction);
  read("input", names.input);
  read("output", names.output);
  read("history", names.history);
  read("system", names.system);
  read("conversations", names.conversations);
  read("messages", names.messages);
  return names;
}

/// Distinct word n-grams, n = 1, 2, 3, of the answers in a subset file.
std::uint64_t unique_ngrams(const ComparedSelection& selection) {
  const store::IndexInfo info = store::IndexReader(selection.run.index()).info();
  data::SourceOptions source;
  const char* const extension = info.container == "json" ? ".json" : ".jsonl";
  source.paths = {fs::path(selection.path).replace_extension(extension).string()};
  source.format = info.format;
  source.fields = field_names(info);
  source.answer_required = false;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
  text::NgramScanner scanner;
  static_cast<void>(data::scan_rows(
      data::open_data_set(source, selection.path.parent_path()), [&](const data::DataRow& row) {
        scanner.start(row.parsed->sample.output);
        for (auto ngrams = scanner.next(); !ngrams.empty(); ngrams = scanner.next())
          for (const text::NgramHash& ngram : ngrams) found.emplace_back(ngram.hash, ngram.check);
      }));
  std::ranges::sort(found);
  return found.size() - std::ranges::unique(found).size();
}

/// The tokens of the rows, where one scorer of the run counts them.
std::optional<std::uint64_t> tokens_of(const ComparedSelection& selection) {
  const store::ScoreFileReader scores(selection.run.scores());
  std::vector<std::string> counting;
  for (const std::string& scorer : scores.scorers())
    if (scores.has(scorer, "n_tokens")) counting.push_back(scorer);
  if (counting.size() != 1) return std::nullopt;
  const auto counts = scores.read_counts(counting.front(), "n_tokens", {0, scores.rows()});
  std::uint64_t sum = 0;
  for (const core::RowId row : selection.rows) sum += counts.at(row);
  return sum;
}

Json describe(const ComparedSelection& selection) {
  Json result;
  result["run"] = selection.run.path().string();
  for (const store::Attribute& attribute : selection.file.attributes)
    if (attribute.name == "method" || attribute.name == "budget_asked")
      std::visit([&](const auto& value) { result[attribute.name] = value; }, attribute.value);
  result["rows"] = selection.rows.size();
  if (const auto tokens = tokens_of(selection)) result["tokens"] = *tokens;
  const store::IndexReader index(selection.run.index());
  const store::RowTable table = index.read({0, index.rows()});
  result["instruction_words"] = lengths(table.instruction_words, selection.rows);
  result["response_words"] = lengths(table.response_words, selection.rows);
  result["unique_ngrams"] = unique_ngrams(selection);
  return result;
}

struct NamedScore {
  std::string name;
  store::ScoreFileReader::Score score;
};

/// Every score of the runs, each run's under its own name where there are several.
std::vector<NamedScore> all_scores(const std::vector<ComparedSelection>& selections) {
  std::set<fs::path> runs;
  for (const ComparedSelection& selection : selections) runs.insert(selection.run.path());
  std::vector<NamedScore> found;
  for (const fs::path& run : runs) {
    const store::ScoreFileReader scores(RunFolder(run).scores());
    for (const std::string& scorer : scores.scorers())
      for (const std::string& score : scores.score_names(scorer))
        found.push_back(
            {fmt::format("{}{}.{}", runs.size() > 1 ? run.filename().string() + "/" : "", scorer,
                         score),
             scores.read_score(scorer, score, {0, scores.rows()})});
  }
  return found;
}

/// Over the rows that have both.
Json correlation(const NamedScore& a, const NamedScore& b) {
  std::vector<double> x, y;
  for (std::size_t row = 0; row < a.score.values.size(); ++row)
    if (a.score.status[row] == ScoreStatus::ok && b.score.status[row] == ScoreStatus::ok) {
      x.push_back(a.score.values[row]);
      y.push_back(b.score.values[row]);
    }
  const double value = selection::rank_correlation(x, y);
  return std::isfinite(value) ? Json(value) : Json();
}

Json score_correlations(const std::vector<ComparedSelection>& selections) {
  const std::vector<NamedScore> scores = all_scores(selections);
  Json result;
  result["names"] = Json::array();
  result["spearman"] = Json::array();
  for (const NamedScore& a : scores) {
    result["names"].push_back(a.name);
    Json& line = result["spearman"].emplace_back(Json::array());
    for (const NamedScore& b : scores) line.push_back(correlation(a, b));
  }
  return result;
}

/// Of each row of a run the cluster of its embedding, kNoCluster where it has none.
struct Clusters {
  std::string embedding;  ///< the scorer whose embeddings are clustered
  std::uint64_t count = 0;
  std::vector<std::uint32_t> of_row;
};
constexpr std::uint32_t kNoCluster = std::numeric_limits<std::uint32_t>::max();

/// By the first scorer of the first run that has embeddings; nothing where none has.
std::optional<Clusters> cluster_rows(const std::vector<ComparedSelection>& selections) {
  std::set<fs::path> seen;
  for (const ComparedSelection& selection : selections) {
    if (!seen.insert(selection.run.path()).second) continue;
    const store::ScoreFileReader scores(selection.run.scores());
    for (const std::string& scorer : scores.scorers()) {
      if (scores.embedding_dimension(scorer) == 0) continue;
      const auto status = scores.read_status(scorer, "embedding", {0, scores.rows()});
      std::vector<core::RowId> rows;
      for (core::RowId row = 0; row < status.size(); ++row)
        if (status[row] == ScoreStatus::ok) rows.push_back(row);
      const RowVectors vectors = read_vectors(selection.run, scorer, rows);
      const selection::Clustering clustering =
          selection::kmeans(vectors.view(), {.clusters = kComparedClusters});
      Clusters clusters{scorer, clustering.centroid.size() / vectors.dimension,
                        std::vector<std::uint32_t>(status.size(), kNoCluster)};
      for (std::size_t i = 0; i < rows.size(); ++i)
        clusters.of_row[rows[i]] = clustering.assignment.cluster[i];
      return clusters;
    }
  }
  return std::nullopt;
}

/// How many clusters hold a row of the selection.
std::uint64_t covered(const Clusters& clusters, const std::vector<core::RowId>& rows) {
  std::set<std::uint32_t> found;
  for (const core::RowId row : rows)
    if (clusters.of_row[row] != kNoCluster) found.insert(clusters.of_row[row]);
  return found.size();
}

}  // namespace

Json compare(std::span<const fs::path> paths) {
  const std::vector<ComparedSelection> selections = open_selections(paths);
  Json result;
  const std::uint64_t rows = check_one_data_set(selections);
  result["rows"] = rows;
  for (const char* table : {"names", "overlap", "jaccard", "expected"})
    result[table] = Json::array();
  for (const ComparedSelection& a : selections) {
    result["names"].push_back(a.name);
    for (const char* table : {"overlap", "jaccard", "expected"})
      result[table].push_back(Json::array());
    for (const ComparedSelection& b : selections) {
      const selection::Overlap both = selection::overlap(a.rows, b.rows, rows);
      result["overlap"].back().push_back(both.rows);
      result["jaccard"].back().push_back(both.jaccard);
      result["expected"].back().push_back(both.expected);
    }
  }
  for (const ComparedSelection& selection : selections)
    result["selections"][selection.name] = describe(selection);
  if (const auto clusters = cluster_rows(selections)) {
    result["clusters"] = {{"embedding", clusters->embedding}, {"count", clusters->count}};
    for (const ComparedSelection& selection : selections)
      result["selections"][selection.name]["clusters"] = covered(*clusters, selection.rows);
  }
  result["scores"] = score_correlations(selections);
  return result;
}

}  // namespace winnow::pipeline
