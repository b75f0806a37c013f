#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "store/attributes.hpp"

namespace winnow::store {

/// TF-IDF weights as a compressed sparse row matrix [rows, terms], with the terms' own texts.
struct TfidfDump {
  std::span<const std::string> terms;        ///< [terms] UTF-8
  std::span<const std::uint64_t> df;         ///< [terms] documents that hold the term
  std::span<const std::uint64_t> row_begin;  ///< [rows + 1] into `term` and `weight`
  std::span<const std::uint32_t> term;       ///< column of each entry
  std::span<const double> weight;            ///< value of each entry
  Attributes attributes;                     ///< ngram range, rows fitted, ...
};

/// tfidf.h5, written by one process: /terms and /terms_offsets, /df, /row_begin, /term, /weight.
void write_tfidf(const std::filesystem::path& path, const TfidfDump& dump);

/// What the dump says of itself. @throws ModelError if the file is damaged or incomplete
[[nodiscard]] Attributes tfidf_attributes(const std::filesystem::path& path);

}  // namespace winnow::store
