#include "store/tfidf_file.hpp"

#include "core/error.hpp"
#include "store/parallel_file.hpp"
#include "store/read_file.hpp"
#include "store/schema.hpp"

namespace winnow::store {

void write_tfidf(const std::filesystem::path& path, const TfidfDump& dump) {
  core::check(dump.df.size() == dump.terms.size(), "one document frequency per term");
  core::check(!dump.row_begin.empty() && dump.row_begin.back() == dump.term.size(),
              "row_begin ends at the number of entries");
  core::check(dump.weight.size() == dump.term.size(), "one weight per entry");
  ParallelFile file(mpi::Communicator::self(), path, kind::kTfidf);
  file.set_attributes("/", dump.attributes);
  file.write_texts(
      "/terms", dump.terms.size(), {0, dump.terms.size()}, dump.terms,
      {{"formula",
        "word n-grams as UTF-8 bytes; term i is bytes [terms_offsets[i], terms_offsets[i + 1])"}});
  file.write_replicated("/df", dump.df, {{"formula", "rows that hold the term"}, {"unit", "rows"}});
  file.write_replicated("/row_begin", dump.row_begin,
                        {{"formula", "first entry of each row in term and weight"}});
  file.write_replicated("/term", dump.term, {{"formula", "column of each entry"}});
  file.write_replicated("/weight", dump.weight,
                        {{"formula", "tf (ln((1 + n) / (1 + df)) + 1), rows scaled to length 1"},
                         {"log_base", "e"},
                         {"unit", "1"}});
  file.finish();
}

Attributes tfidf_attributes(const std::filesystem::path& path) {
  return ReadFile(path, kind::kTfidf).attributes("/");
}

}  // namespace winnow::store
