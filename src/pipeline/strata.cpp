#include "pipeline/strata.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/row_fields.hpp"

namespace winnow::pipeline {
namespace {

/// The distinct values, ascending.
std::vector<std::string> distinct(const SelectionStep& step, std::vector<std::string> values) {
  std::ranges::sort(values);
  const auto repeats = std::ranges::unique(values);
  values.erase(repeats.begin(), repeats.end());
  if (values.size() > kMostStrata)
    throw core::DataError(
        fmt::format("{}.stratify: the field '{}' has at least {} values, expected one that groups "
                    "the rows, with at most {}",
                    step.place, step.strata.field, values.size(), kMostStrata));
  return values;
}

/// The distinct values of all ranks, ascending.
std::vector<std::string> names_of(const mpi::Communicator& ranks, const SelectionStep& step,
                                  const std::vector<std::string>& all_values) {
  const std::vector<std::string> values =
      mpi::agree_on(ranks, [&] { return distinct(step, all_values); });
  std::string text;
  std::vector<std::uint64_t> lengths;
  for (const std::string& value : values) {
    text += value;
    lengths.push_back(value.size());
  }
  const std::vector<std::byte> all =
      mpi::all_gather_bytes(ranks, std::as_bytes(std::span(text))).bytes;
  std::vector<std::string> names;
  const char* at = reinterpret_cast<const char*>(all.data());
  for (const std::uint64_t length :
       mpi::all_gather(ranks, std::span<const std::uint64_t>(lengths)).values) {
    names.emplace_back(at, length);
    at += length;
  }
  return mpi::agree_on(ranks, [&] { return distinct(step, std::move(names)); });
}

}  // namespace

std::vector<Stratum> split_by_field(const Context& context, const IndexedData& data,
                                    const SelectionStep& step, const Candidates& candidates) {
  const mpi::Communicator& ranks = context.communicator;
  const std::vector<std::string> values = mpi::agree_on(
      ranks, [&] { return field_values(context, data, step.strata.field, candidates.row); });
  const std::vector<std::string> names = names_of(ranks, step, values);
  std::vector<Stratum> strata(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) strata[i].name = names[i];
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto place = std::ranges::lower_bound(names, values[i]) - names.begin();
    Candidates& part = strata[static_cast<std::size_t>(place)].candidates;
    part.row.push_back(candidates.row[i]);
    if (!candidates.value.empty()) part.value.push_back(candidates.value[i]);
  }
  for (Stratum& stratum : strata)
    stratum.candidates.eligible =
        mpi::sum(ranks, static_cast<std::uint64_t>(stratum.candidates.row.size()));
  return strata;
}

}  // namespace winnow::pipeline
