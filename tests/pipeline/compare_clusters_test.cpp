#include "pipeline/compare_clusters.hpp"

#include <gtest/gtest.h>

#include "mpi/communicator.hpp"
#include "store/sample_files.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kRows = 25'000;
constexpr std::uint64_t kPoints = 100;

bool has_embedding(core::RowId row) { return row % 1000 != 3; }

/// Row after row lies on the next of 100 points.
void write_embeddings(const std::filesystem::path& path) {
  const mpi::Communicator self = mpi::Communicator::self();
  const store::RowsShape shape = test::sample_shape(self, kRows);
  store::ScoreFileWriter file(self, path, shape);
  file.write_rows(test::SampleColumns(shape.mine).rows(), "0.1.0");
  std::vector<float> values;
  std::vector<core::ScoreStatus> status;
  for (core::RowId row = 0; row < kRows; ++row) {
    values.push_back(has_embedding(row) ? static_cast<float>(row % kPoints) : -1000);
    values.push_back(1);
    status.push_back(has_embedding(row) ? core::ScoreStatus::ok : core::ScoreStatus::bad_row);
  }
  file.begin_scorer({.name = "encoder"});
  file.write_column(store::score::kStatusEmbedding, std::span<const core::ScoreStatus>(status));
  file.begin_embeddings(2, store::Element::f32);
  file.write_embeddings(shape.mine, std::span<const float>(values));
  file.finish();
}

ComparedSelection selection_of(bool (*is_picked)(core::RowId)) {
  ComparedSelection selection;
  for (core::RowId row = 0; row < kRows; ++row)
    if (is_picked(row)) selection.rows.push_back(row);
  return selection;
}

TEST(CompareClusters, CountsThoseOfADrawOfTheRowsThatHoldAPick) {
  const test::TemporaryFolder folder;
  ComparedSelections compared;
  compared.runs.push_back({RunFolder(folder.path()), "run"});
  compared.rows = kRows;
  write_embeddings(compared.runs.front().folder.scores());
  for (bool (*is_picked)(core::RowId) :
       {+[](core::RowId row) { return row % kPoints < 30; },
        +[](core::RowId row) { return row > 24'990; },
        +[](core::RowId row) { return row % 1000 == 3; }, +[](core::RowId) { return true; }})
    compared.selections.push_back(selection_of(is_picked));
  const auto coverage = cluster_coverage(compared);
  ASSERT_TRUE(coverage);
  EXPECT_EQ(coverage->embedding, "encoder");
  EXPECT_EQ(coverage->rows, 20'000U);
  EXPECT_EQ(coverage->clusters, kPoints);
  EXPECT_EQ(coverage->covered, (std::vector<std::uint64_t>{30, 9, 0, kPoints}));
}

}  // namespace
}  // namespace winnow::pipeline
