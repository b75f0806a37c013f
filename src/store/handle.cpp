#include "store/handle.hpp"

#include <fmt/format.h>

namespace winnow::store {

namespace {

/// HDF5 started before MPI does not hook itself into MPI_Finalize, and here not into the end of the
/// process either: after a failed close it would touch freed memory there, and a collective close
/// would wait for ranks that are gone. Its own messages go into ours.
[[maybe_unused]] const bool is_started =
    H5dont_atexit() >= 0 && H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;

}  // namespace

std::string hdf5_error() {
  std::string text;
  const auto take_innermost = [](unsigned, const H5E_error2_t* error, void* result) -> herr_t {
    *static_cast<std::string*>(result) =
        fmt::format("{} ({})", error->desc == nullptr ? "" : error->desc, error->func_name);
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "HDF5 gives no reason" : "HDF5: " + text;
}

}  // namespace winnow::store
