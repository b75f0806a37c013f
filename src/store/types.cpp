#include "store/types.hpp"

#include <bit>
#include <string>

#include "core/error.hpp"

namespace winnow::store {
namespace {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian, and memory is written as it is");

/// IEEE binary16, which HDF5 has no name for: sign, 5 bits of exponent, 10 of mantissa. -1 on
/// failure.
hid_t half_type() {
  const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  if (type >= 0 && H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_precision(type, 16) >= 0 &&
      H5Tset_ebias(type, 15) >= 0 && H5Tset_size(type, 2) >= 0)
    return type;
  H5Tclose(type);
  return -1;
}

hid_t native_type_of(Element element) {
  switch (element) {
    case Element::u8:
      return H5Tcopy(H5T_STD_U8LE);
    case Element::u32:
      return H5Tcopy(H5T_STD_U32LE);
    case Element::u64:
      return H5Tcopy(H5T_STD_U64LE);
    case Element::f16:
      return half_type();
    case Element::f32:
      return H5Tcopy(H5T_IEEE_F32LE);
    case Element::f64:
      return H5Tcopy(H5T_IEEE_F64LE);
    case Element::score_status:
      return H5Tenum_create(H5T_STD_U8LE);
  }
  return -1;
}

void check_type(bool is_good) {
  if (!is_good) throw core::EnvironmentError("a data type cannot be made: " + hdf5_error());
}

}  // namespace

Handle type_of(Element element) {
  Handle type(native_type_of(element), H5Tclose);
  check_type(type.id() >= 0);
  if (element == Element::score_status)
    for (std::uint8_t value = 0; value < core::kScoreStatusNames.size(); ++value)
      check_type(H5Tenum_insert(type.id(), std::string(core::kScoreStatusNames[value]).c_str(),
                                &value) >= 0);
  return type;
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check_type(type.id() >= 0 && H5Tset_size(type.id(), H5T_VARIABLE) >= 0 &&
             H5Tset_cset(type.id(), H5T_CSET_UTF8) >= 0);
  return type;
}

}  // namespace winnow::store
