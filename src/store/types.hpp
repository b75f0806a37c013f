#pragma once

#include "store/element.hpp"
#include "store/handle.hpp"

namespace winnow::store {

/// The HDF5 type of an element, in the file and in memory alike (little-endian). @throws
/// EnvironmentError
[[nodiscard]] Handle type_of(Element element);
/// Variable-length UTF-8, what h5py reads as str.
[[nodiscard]] Handle string_type();

}  // namespace winnow::store
