// tfidf_tool MODE TEXTS OUT: what the parity test and the benchmark run under mpirun.
//   dump       the whole model as arrays in the folder OUT
//   vectorize  the fit and the sum of each row; seconds on standard output
#include <mpi.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <span>

#include "core/partition.hpp"
#include "mpi/collectives.hpp"
#include "support/text_list.hpp"
#include "tfidf/dump_mpi.hpp"
#include "tfidf/vectorize_mpi.hpp"

namespace winnow {
namespace {

template <typename T>
void write(const std::filesystem::path& path, std::span<const T> values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size_bytes()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void write_fit(const std::filesystem::path& out, const tfidf::Fit& fit) {
  const std::uint64_t values[] = {fit.documents, fit.terms, fit.df_sum};
  write<std::uint64_t>(out / "fit.u64", values);
}

void dump(const mpi::Communicator& world, std::span<const std::string> texts,
          const std::filesystem::path& out) {
  tfidf::DumpTerms terms;
  for (const std::string& text : texts) terms.add(text);
  const tfidf::Dump model = tfidf::dump(world, std::move(terms));
  if (!world.is_root()) return;
  write_fit(out, model.fit);
  std::string joined;
  for (const std::string& term : model.terms) joined += term + '\n';
  write<char>(out / "terms.txt", joined);
  write<std::uint64_t>(out / "df.u64", model.df);
  write<std::uint64_t>(out / "row_begin.u64", model.row_begin);
  write<std::uint32_t>(out / "term.u32", model.term);
  write<double>(out / "weight.f64", model.weight);
}

void vectorize(const mpi::Communicator& world, std::span<const std::string> texts,
               const std::filesystem::path& out) {
  mpi::barrier(world);
  const auto start = std::chrono::steady_clock::now();
  tfidf::DocumentTerms terms;
  for (const std::string& text : texts) terms.add(text);
  const tfidf::Vectorized model = tfidf::vectorize(world, std::move(terms));
  mpi::barrier(world);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  std::vector<double> sums;
  const auto weight = model.rows.weight.begin();
  for (std::size_t d = 0; d < model.rows.rows(); ++d)
    sums.push_back(
        std::accumulate(weight + static_cast<std::ptrdiff_t>(model.rows.row_begin[d]),
                        weight + static_cast<std::ptrdiff_t>(model.rows.row_begin[d + 1]),
                        model.rows.singleton_weight[d]));
  const auto all = mpi::gather<double>(world, sums);
  if (!world.is_root()) return;
  write_fit(out, model.fit);
  write<double>(out / "row_sum.f64", all.values);
  std::printf("%.6f\n", seconds.count());
}

void run(const std::string& mode, const std::filesystem::path& input,
         const std::filesystem::path& out) {
  const auto world = mpi::Communicator::world();
  const auto texts = test::read_text_list(input);
  const auto share = core::block_range(texts.size(), static_cast<std::uint64_t>(world.size()),
                                       static_cast<std::uint64_t>(world.rank()));
  const auto mine = std::span(texts).subspan(share.begin, share.size());
  if (mode == "dump")
    dump(world, mine, out);
  else if (mode == "vectorize")
    vectorize(world, mine, out);
  else
    throw std::runtime_error("unknown mode " + mode);
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  try {
    if (argc != 4) throw std::runtime_error("usage: tfidf_tool dump|vectorize TEXTS OUT");
    winnow::run(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tfidf_tool: %s\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return 0;
}
