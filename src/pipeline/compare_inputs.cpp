#include "pipeline/compare_inputs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "pipeline/selection_origin.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

/// The selection files of a run folder by name; or the one file that was given.
std::vector<fs::path> selection_files(const fs::path& path) {
  if (fs::is_regular_file(path)) return {path};
  std::vector<fs::path> files;
  const fs::path folder = RunFolder(path).selection_folder();
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".h5") files.push_back(entry.path());
  if (files.empty())
    throw core::UsageError(fmt::format(
        "{}: expected a run folder with selections, or a file selection/NAME.h5", path.string()));
  std::ranges::sort(files);
  return files;
}

/// In the order of `paths`; each file by the one path that it has without links.
std::vector<fs::path> all_files(std::span<const fs::path> paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths)
    for (const fs::path& file : selection_files(path)) {
      files.push_back(fs::canonical(file));
      if (std::ranges::count(files, files.back()) > 1)
        throw core::UsageError(
            fmt::format("{}: given twice, expected each selection once", file.string()));
    }
  if (files.size() < 2)
    throw core::UsageError(
        fmt::format("found {} selection, expected at least two to compare", files.size()));
  return files;
}

/// The last `depth` names of a path.
std::string tail(const fs::path& path, std::size_t depth) {
  const fs::path relative = path.relative_path();
  const std::vector<fs::path> names(relative.begin(), relative.end());
  fs::path end;
  for (std::size_t i = names.size() - std::min(depth, names.size()); i < names.size(); ++i)
    end /= names[i];
  return end.string();
}

/// The shortest ends of different absolute paths that still differ.
std::vector<std::string> distinct_tails(const std::vector<fs::path>& paths) {
  std::vector<std::string> tails;
  for (std::size_t depth = 1; std::set(tails.begin(), tails.end()).size() < paths.size(); ++depth) {
    tails.clear();
    for (const fs::path& path : paths) tails.push_back(tail(path, depth));
  }
  return tails;
}

/// What makes the rows of an index the same as another's.
core::Hash128 fingerprint(const store::IndexReader& index) {
  const std::vector<std::uint64_t> hashes = index.read_hashes({0, index.rows()});
  return core::hash128({reinterpret_cast<const char*>(hashes.data()), hashes.size() * 8});
}

/// @returns how many rows all of the runs choose from
std::uint64_t check_one_data_set(const std::vector<ComparedRun>& runs) {
  const store::IndexReader first(runs.front().folder.index());
  const core::Hash128 expected = fingerprint(first);
  for (const ComparedRun& run : std::span(runs).subspan(1))
    if (fingerprint(store::IndexReader(run.folder.index())) != expected)
      throw core::UsageError(
          fmt::format("{} and {} are runs on different data sets: their rows cannot be compared",
                      runs.front().folder.path().string(), run.folder.path().string()));
  return first.rows();
}

/// The runs that the files stand in, in their order.
std::vector<ComparedRun> runs_of(const std::vector<fs::path>& files) {
  std::vector<fs::path> folders;
  for (const fs::path& file : files)
    if (const fs::path folder = file.parent_path().parent_path();
        std::ranges::find(folders, folder) == folders.end())
      folders.push_back(folder);
  const std::vector<std::string> names = distinct_tails(folders);
  std::vector<ComparedRun> runs;
  for (std::size_t i = 0; i < folders.size(); ++i)
    runs.push_back({RunFolder(folders[i]), names[i]});
  return runs;
}

ComparedSelection open_selection(const fs::path& file, const std::vector<ComparedRun>& runs,
                                 std::uint64_t rows) {
  ComparedSelection selection;
  selection.name = file.stem().string();
  selection.file = file;
  while (runs[selection.run].folder.path() != file.parent_path().parent_path()) ++selection.run;
  selection.stored = store::read_selection(file);
  selection.rows = selection.stored.row;
  std::ranges::sort(selection.rows);
  const auto repeats = std::ranges::unique(selection.rows);
  selection.rows.erase(repeats.begin(), repeats.end());
  if (selection.rows.empty() || selection.rows.back() >= rows)
    throw core::ModelError(fmt::format("{}: damaged: expected picks among the {} rows of the data",
                                       file.string(), rows));
  const RunFolder& run = runs[selection.run].folder;
  selection.is_current = is_from(selection.stored.attributes, store::IndexReader(run.index()),
                                 store::ScoreFileReader(run.scores()));
  return selection;
}

}  // namespace

ComparedSelections open_selections(std::span<const fs::path> paths) {
  const std::vector<fs::path> files = all_files(paths);
  ComparedSelections compared;
  compared.runs = runs_of(files);
  compared.rows = check_one_data_set(compared.runs);
  std::map<std::string, int> named;
  for (const fs::path& file : files) {
    compared.selections.push_back(open_selection(file, compared.runs, compared.rows));
    ++named[compared.selections.back().name];
  }
  for (ComparedSelection& selection : compared.selections)
    if (named[selection.name] > 1)
      selection.name = compared.runs[selection.run].name + "/" + selection.name;
  return compared;
}

}  // namespace winnow::pipeline
