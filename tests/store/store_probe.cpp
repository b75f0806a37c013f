#include <cstdio>
#include <string>

#include "core/error.hpp"
#include "mpi/environment.hpp"
#include "store/sample_files.hpp"

/// store_probe write FOLDER | read FILE SCORER SCORE: the sample files for other readers, and our
/// reader on other writers' files.
int main(int argc, char** argv) {
  using namespace winnow;
  const std::string command = argv[1];
  try {
    if (command == "write") {
      const mpi::Environment environment(argc, argv);
      const std::filesystem::path folder = argv[2];
      const mpi::Communicator world = mpi::Communicator::world();
      test::write_sample_index(world, folder / "index.h5", 60);
      test::write_sample_scores(world, folder / "scores.h5", 60);
      test::write_sample_selection(folder / "selection.h5");
      test::write_sample_tfidf(folder / "tfidf.h5");
      return 0;
    }
    const store::ScoreFileReader file(argv[2]);
    const auto score = file.read_score(argv[3], argv[4], {0, file.rows()});
    const auto table = file.read_rows({0, file.rows()});
    for (std::size_t row = 0; row < score.values.size(); ++row)
      std::printf("%zu %llu %.17g %s\n", row, static_cast<unsigned long long>(table.hash[row]),
                  score.values[row], std::string(name_of(score.status[row])).c_str());
  } catch (const core::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
