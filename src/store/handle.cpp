#include "store/handle.hpp"

#include <fmt/format.h>

namespace winnow::store {

void start_hdf5() {
  static const bool started = [] {
    H5dont_atexit();
    return H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  }();
  static_cast<void>(started);
}

std::string hdf5_error() {
  std::string text;
  const auto take_innermost = [](unsigned, const H5E_error2_t* error, void* result) -> herr_t {
    *static_cast<std::string*>(result) = fmt::format("{} ({})", error->desc == nullptr ? "" : error->desc, error->func_name);
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "HDF5 gives no reason" : "HDF5: " + text;
}

}  // namespace winnow::store
