#include "tfidf/dump_mpi.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "tfidf/vectorize_mpi.hpp"

namespace winnow::tfidf {
namespace {

// A rank's terms and rows side by side, ready to be gathered.
struct LocalModel {
  std::string texts;                        // of the terms, one after the other
  std::vector<std::uint64_t> text_lengths;  // [terms]
  std::vector<std::uint64_t> row_lengths;   // [documents]
};

struct Entry {
  std::uint32_t term = 0;
  double weight = 0;
};

// The vocabulary of all ranks in order, and where each rank's each term stands in it.
struct Vocabulary {
  std::vector<std::string> terms;
  std::vector<std::uint64_t> df;
  std::vector<std::uint32_t> column;  // [terms of rank 0, of rank 1, ...]
};

Vocabulary make_vocabulary(std::string_view texts, std::span<const std::uint64_t> lengths,
                           std::span<const std::uint32_t> frequencies) {
  std::vector<std::string_view> text;
  for (const std::uint64_t length : lengths) {
    text.push_back(texts.substr(0, length));
    texts.remove_prefix(length);
  }
  std::vector<std::size_t> order(text.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return text[a] < text[b]; });

  Vocabulary vocabulary;
  vocabulary.column.resize(text.size());
  for (const std::size_t t : order) {
    if (vocabulary.terms.empty() || vocabulary.terms.back() != text[t]) {
      vocabulary.terms.emplace_back(text[t]);
      vocabulary.df.push_back(frequencies[t]);
    }
    vocabulary.column[t] = static_cast<std::uint32_t>(vocabulary.terms.size() - 1);
  }
  return vocabulary;
}

}  // namespace

void DumpTerms::add(std::string_view text) {
  terms_.add(text);
  text::NgramScanner scanner;
  scanner.start(text);
  std::string bigram;  // the last two words, then the last three
  std::string previous;
  for (auto found = scanner.next(); !found.empty(); found = scanner.next()) {
    const std::string word(scanner.word());
    const std::string texts[] = {word, previous + ' ' + word, bigram + ' ' + word};
    for (std::size_t n = 0; n < found.size(); ++n) {
      const auto& known =
          texts_.try_emplace({found[n].hash, found[n].check}, texts[n]).first->second;
      core::check(known == texts[n], "different n-grams have different 96-bit keys");
    }
    bigram = texts[1];
    previous = word;
  }
}

Dump dump(const mpi::Communicator& communicator, DumpTerms&& dump_terms) {
  const InvertedTerms shard =
      mpi::agree_on(communicator, [&] { return std::move(dump_terms.terms_).invert(); });
  const GlobalFrequencies global =
      exchange_frequencies(communicator, shard.frequencies, shard.documents);
  mpi::agree_on(communicator, [&] {
    if (global.fit.terms > std::numeric_limits<std::uint32_t>::max())
      throw core::DataError(
          fmt::format("tfidf.dump: {} terms, at most 2^32 - 1 can be dumped", global.fit.terms));
  });

  std::vector<Entry> entries;
  const LocalModel local = mpi::agree_on(communicator, [&] {
    const WeightedRows rows =
        weigh(shard, global.documents, global.fit.documents, Singletons::keep);
    LocalModel model;
    for (const TermKey& key : rows.terms) {
      const std::string& text = dump_terms.texts_.at(key);
      model.texts += text;
      model.text_lengths.push_back(text.size());
    }
    for (std::size_t d = 0; d < rows.rows(); ++d)
      model.row_lengths.push_back(rows.row_begin[d + 1] - rows.row_begin[d]);
    for (std::size_t i = 0; i < rows.term.size(); ++i)
      entries.push_back({rows.term[i], rows.weight[i]});
    return model;
  });

  const auto texts = mpi::gather<char>(communicator, local.texts);
  const auto text_lengths = mpi::gather<std::uint64_t>(communicator, local.text_lengths);
  const auto frequencies = mpi::gather<std::uint32_t>(communicator, global.documents);
  const auto row_lengths = mpi::gather<std::uint64_t>(communicator, local.row_lengths);
  auto all_entries = mpi::gather<Entry>(communicator, entries);

  return mpi::agree_on(communicator, [&] {
    Dump result;
    result.fit = global.fit;
    if (!communicator.is_root()) return result;
    Vocabulary vocabulary = make_vocabulary({texts.values.data(), texts.values.size()},
                                            text_lengths.values, frequencies.values);
    core::check(vocabulary.terms.size() == global.fit.terms, "as many texts as keys");
    result.terms = std::move(vocabulary.terms);
    result.df = std::move(vocabulary.df);

    auto entry = all_entries.values.begin();
    std::uint64_t first_term = 0;  // of the rank
    for (std::size_t rank = 0; rank < all_entries.counts.size(); ++rank) {
      const auto end = entry + static_cast<std::ptrdiff_t>(all_entries.counts[rank]);
      for (; entry != end; ++entry) entry->term = vocabulary.column[first_term + entry->term];
      first_term += text_lengths.counts[rank];
    }
    result.row_begin.push_back(0);
    auto row = all_entries.values.begin();
    for (const std::uint64_t length : row_lengths.values) {
      const auto end = row + static_cast<std::ptrdiff_t>(length);
      std::sort(row, end, [](const Entry& a, const Entry& b) { return a.term < b.term; });
      row = end;
      result.row_begin.push_back(result.row_begin.back() + length);
    }
    for (const Entry& value : all_entries.values) {
      result.term.push_back(value.term);
      result.weight.push_back(value.weight);
    }
    return result;
  });
}

}  // namespace winnow::tfidf
