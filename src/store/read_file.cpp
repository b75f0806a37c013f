#include "store/read_file.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "store/schema.hpp"
#include "store/types.hpp"

namespace winnow::store {
namespace {

constexpr int kMaxDimensions = 2;

/// True when the enum type's members are names of ours with our values; an older file may lack
/// some.
bool is_status_type(hid_t type) {
  const int members =
      H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 ? H5Tget_nmembers(type) : 0;
  for (int i = 0; i < members; ++i) {
    char* const name = H5Tget_member_name(type, static_cast<unsigned>(i));
    std::uint8_t value = 0;
    const bool is_ours =
        name != nullptr && H5Tget_member_value(type, static_cast<unsigned>(i), &value) >= 0 &&
        value < core::kScoreStatusNames.size() && core::kScoreStatusNames[value] == name;
    H5free_memory(name);
    if (!is_ours) return false;
  }
  return members > 0;
}

}  // namespace

struct ReadFile::Impl {
  std::filesystem::path path;
  Handle file;
  std::uint64_t bytes = 0;

  [[noreturn]] void fail(const std::string& what) const {
    throw core::ModelError(fmt::format("{}: {}", path.string(), what));
  }
  void require(bool is_good, std::string_view what) const {
    if (!is_good) fail(fmt::format("{}: {}", what, hdf5_error()));
  }
  [[nodiscard]] Handle require_handle(hid_t id, Handle::Close close, std::string_view what) const {
    require(id >= 0, what);
    return {id, close};
  }

  /// False if a link of the path is missing. Links that lead elsewhere are refused.
  [[nodiscard]] bool exists(const std::string& object) const;
  [[nodiscard]] Handle open(const std::string& object) const;
  [[nodiscard]] Handle open_dataset(const std::string& dataset) const;
  [[nodiscard]] std::vector<std::uint64_t> shape_of(const std::string& name,
                                                    const Handle& dataset) const;
  void check_storage(const std::string& name, const Handle& dataset,
                     std::uint64_t expected_bytes) const;
  [[nodiscard]] decltype(Attribute::value) read_value(const Handle& attribute,
                                                      const std::string& name) const;
};

decltype(Attribute::value) ReadFile::Impl::read_value(const Handle& attribute,
                                                      const std::string& name) const {
  const std::string what = name + " cannot be read";
  const Handle space = require_handle(H5Aget_space(attribute.id()), H5Sclose, what);
  const Handle type = require_handle(H5Aget_type(attribute.id()), H5Tclose, what);
  if (H5Sget_simple_extent_type(space.id()) != H5S_SCALAR) fail(name + " is no single value");
  if (H5Tis_variable_str(type.id()) > 0) {
    char* characters = nullptr;
    require(H5Aread(attribute.id(), type.id(), static_cast<void*>(&characters)) >= 0, what);
    std::string text = characters == nullptr ? "" : characters;
    H5free_memory(characters);
    return text;
  }
  switch (H5Tget_class(type.id())) {
    case H5T_FLOAT: {
      double number = 0;
      require(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &number) >= 0, what);
      return number;
    }
    case H5T_INTEGER: {
      std::uint64_t number = 0;
      require(H5Aread(attribute.id(), H5T_NATIVE_UINT64, &number) >= 0, what);
      return number;
    }
    default:
      fail(name + " is neither text nor number");
  }
}

bool ReadFile::Impl::exists(const std::string& object) const {
  if (object == "/") return true;
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    const std::string part = object.substr(0, end);
    const htri_t found = H5Lexists(file.id(), part.c_str(), H5P_DEFAULT);
    require(found >= 0, part + " cannot be looked up");
    if (found == 0) return false;
    H5L_info_t link;
    require(H5Lget_info(file.id(), part.c_str(), &link, H5P_DEFAULT) >= 0,
            part + " cannot be looked up");
    if (link.type != H5L_TYPE_HARD)
      fail(fmt::format("{} is a link to another place, expected the object itself", part));
    if (end == std::string::npos) return true;
  }
}

Handle ReadFile::Impl::open(const std::string& object) const {
  if (!exists(object)) fail(object + " is missing");
  return require_handle(H5Oopen(file.id(), object.c_str(), H5P_DEFAULT), H5Oclose,
                        object + " is damaged");
}

Handle ReadFile::Impl::open_dataset(const std::string& name) const {
  Handle dataset = open(name);
  if (H5Iget_type(dataset.id()) != H5I_DATASET) fail(name + " is no dataset");
  return dataset;
}

std::vector<std::uint64_t> ReadFile::Impl::shape_of(const std::string& name,
                                                    const Handle& dataset) const {
  const Handle space = require_handle(H5Dget_space(dataset.id()), H5Sclose, name + " is damaged");
  const int count = H5Sget_simple_extent_ndims(space.id());
  if (count < 1 || count > kMaxDimensions)
    fail(fmt::format("{} has {} dimensions, expected 1 or {}", name, count, kMaxDimensions));
  std::vector<hsize_t> size(static_cast<std::size_t>(count));
  require(H5Sget_simple_extent_dims(space.id(), size.data(), nullptr) >= 0, name + " is damaged");
  return {size.begin(), size.end()};
}

/// The data must stand in this file as it is, and the file must be long enough to hold it.
void ReadFile::Impl::check_storage(const std::string& name, const Handle& dataset,
                                   std::uint64_t expected_bytes) const {
  const Handle creation =
      require_handle(H5Dget_create_plist(dataset.id()), H5Pclose, name + " is damaged");
  if (H5Pget_external_count(creation.id()) != 0)
    fail(name + " stands in another file, expected it here");
  if (H5Pget_nfilters(creation.id()) != 0)
    fail(name + " is compressed or filtered, expected plain data");
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL)
    fail(name + " is a view of other files, expected plain data");
  const std::uint64_t stored = H5Dget_storage_size(dataset.id());
  if (stored < expected_bytes || stored > bytes)
    fail(fmt::format("{} holds {} bytes, expected {} in a file of {}", name, stored, expected_bytes,
                     bytes));
}

ReadFile::ReadFile(std::filesystem::path path, const std::string& kind)
    : ReadFile(std::move(path)) {
  if (const std::string found = text_attribute("/", "kind"); found != kind)
    impl_->fail(fmt::format("is a file of kind `{}`, expected `{}`", found, kind));
}

ReadFile::ReadFile(std::filesystem::path path) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
  std::error_code error;
  impl_->bytes = std::filesystem::file_size(impl_->path, error);
  if (error)
    impl_->fail(
        fmt::format("cannot be read ({}), expected a finished file of the run", error.message()));
  const Handle access =
      impl_->require_handle(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot be opened");
  // Finished files never change, and some cluster file systems have no locks.
  impl_->require(H5Pset_file_locking(access.id(), false, true) >= 0, "cannot be opened");
  impl_->file =
      impl_->require_handle(H5Fopen(impl_->path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose,
                            "is damaged or no file of ours, it cannot be opened");
  const Handle root = impl_->open("/");
  if (H5Aexists(root.id(), "complete") <= 0)
    impl_->fail("was never finished (it has no attribute `complete`)");
  if (const std::uint64_t version = integer_attribute("/", "schema_version");
      version > kSchemaVersion)
    impl_->fail(
        fmt::format("has schema version {}, this winnow reads up to {}", version, kSchemaVersion));
}

ReadFile::~ReadFile() = default;
ReadFile::ReadFile(ReadFile&&) noexcept = default;
ReadFile& ReadFile::operator=(ReadFile&&) noexcept = default;

void ReadFile::fail(const std::string& what) const { impl_->fail(what); }

bool ReadFile::has(const std::string& path) const { return impl_->exists(path); }

bool ReadFile::is_group(const std::string& path) const {
  return H5Iget_type(impl_->open(path).id()) == H5I_GROUP;
}

Element ReadFile::element(const std::string& path) const {
  const Handle dataset = impl_->open_dataset(path);
  const Handle type =
      impl_->require_handle(H5Dget_type(dataset.id()), H5Tclose, path + " is damaged");
  if (is_status_type(type.id())) return Element::score_status;
  for (const Element each :
       {Element::u8, Element::u32, Element::u64, Element::f16, Element::f32, Element::f64})
    if (H5Tequal(type.id(), type_of(each).id()) > 0) return each;
  impl_->fail(path + " has a type that winnow does not write");
}

std::vector<std::string> ReadFile::children(const std::string& group) const {
  if (!has(group)) return {};
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* names) -> herr_t {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
  };
  const Handle object = impl_->open(group);
  std::vector<std::string> names;
  impl_->require(H5Literate(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names) >= 0,
                 group + " cannot be listed");
  std::ranges::sort(names);
  return names;
}

std::uint64_t ReadFile::address(const std::string& path) const {
  const Handle object = impl_->open(path);
  H5O_info_t info;
  impl_->require(H5Oget_info2(object.id(), &info, H5O_INFO_BASIC) >= 0, path + " is damaged");
  return info.addr;
}

std::vector<std::uint64_t> ReadFile::shape(const std::string& path) const {
  return impl_->shape_of(path, impl_->open_dataset(path));
}

std::uint64_t ReadFile::length(const std::string& path) const {
  const std::vector<std::uint64_t> found = shape(path);
  if (found.size() != 1)
    impl_->fail(fmt::format("{} has shape {}, expected one dimension", path, found));
  return found.front();
}

std::uint64_t ReadFile::check_dataset(const std::string& path, Element element,
                                      const std::vector<std::uint64_t>& shape,
                                      core::RowRange range) const {
  const Handle dataset = impl_->open_dataset(path);
  const Handle type =
      impl_->require_handle(H5Dget_type(dataset.id()), H5Tclose, path + " is damaged");
  if (element == Element::score_status ? !is_status_type(type.id())
                                       : H5Tequal(type.id(), type_of(element).id()) <= 0)
    impl_->fail(fmt::format("{} has another type than expected ({})", path, name_of(element)));
  if (const auto found = impl_->shape_of(path, dataset); found != shape)
    impl_->fail(fmt::format("{} has shape {}, expected {}", path, found, shape));
  core::check(range.begin <= range.end && range.end <= shape.front(),
              "rows are read inside their dataset");
  std::uint64_t expected = size_of(element);
  for (const std::uint64_t size : shape) {
    if (expected != 0 && size > impl_->bytes / expected)
      impl_->fail(fmt::format("{} has shape {}, more than the file of {} bytes can hold", path,
                              shape, impl_->bytes));
    expected *= size;
  }
  impl_->check_storage(path, dataset, expected);
  return std::accumulate(shape.begin() + 1, shape.end(), std::uint64_t{1}, std::multiplies<>());
}

void ReadFile::read_slab(const std::string& path, Element element, core::RowRange range,
                         void* values) const {
  if (range.size() == 0) return;
  const std::string what = path + " cannot be read";
  const Handle dataset = impl_->open_dataset(path);
  const Handle space = impl_->require_handle(H5Dget_space(dataset.id()), H5Sclose, what);
  const std::vector<std::uint64_t> shape = impl_->shape_of(path, dataset);
  std::vector<hsize_t> start(shape.size(), 0);
  std::vector<hsize_t> count(shape.begin(), shape.end());
  start.front() = range.begin;
  count.front() = range.size();
  const Handle memory = impl_->require_handle(
      H5Screate_simple(core::checked_cast<int>(count.size()), count.data(), nullptr), H5Sclose,
      what);
  impl_->require(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr,
                                     count.data(), nullptr) >= 0,
                 what);
  const Handle type = impl_->require_handle(H5Dget_type(dataset.id()), H5Tclose, what);
  impl_->require(
      H5Dread(dataset.id(), type.id(), memory.id(), space.id(), H5P_DEFAULT, values) >= 0, what);
  if (element != Element::score_status) return;
  const std::span statuses(static_cast<const std::uint8_t*>(values), range.size());
  const auto bad = std::ranges::find_if(
      statuses, [](std::uint8_t status) { return status >= core::kScoreStatusNames.size(); });
  if (bad != statuses.end())
    impl_->fail(fmt::format("{} row {} has status {}, expected one below {}", path,
                            range.begin + static_cast<std::uint64_t>(bad - statuses.begin()), *bad,
                            core::kScoreStatusNames.size()));
}

std::vector<std::uint64_t> ReadFile::read_offsets(const std::string& path, std::uint64_t rows,
                                                  core::RowRange range,
                                                  std::uint64_t elements) const {
  auto offsets = read_rows<std::uint64_t>(path, rows + 1, {range.begin, range.end + 1});
  if (!std::ranges::is_sorted(offsets) || offsets.back() > elements)
    impl_->fail(fmt::format("{} is damaged, expected ascending offsets up to {}", path, elements));
  return offsets;
}

std::vector<std::string> ReadFile::read_texts(const std::string& path, std::uint64_t rows,
                                              core::RowRange range) const {
  const std::uint64_t bytes = length(path);
  const auto offsets = read_offsets(path + "_offsets", rows, range, bytes);
  const auto text = read_rows<std::uint8_t>(path, bytes, {offsets.front(), offsets.back()});
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < range.size(); ++i)
    texts.emplace_back(reinterpret_cast<const char*>(text.data()) + (offsets[i] - offsets.front()),
                       offsets[i + 1] - offsets[i]);
  return texts;
}

Attributes ReadFile::attributes(const std::string& path) const {
  const Handle object = impl_->open(path);
  H5O_info_t info;
  impl_->require(H5Oget_info2(object.id(), &info, H5O_INFO_NUM_ATTRS) >= 0, path + " is damaged");
  Attributes result;
  for (hsize_t i = 0; i < info.num_attrs; ++i) {
    const std::string what = fmt::format("attribute {} of {} is damaged", i, path);
    const Handle attribute = impl_->require_handle(
        H5Aopen_by_idx(object.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose, what);
    const ssize_t length = H5Aget_name(attribute.id(), 0, nullptr);
    impl_->require(length >= 0, what);
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    impl_->require(H5Aget_name(attribute.id(), name.size(), name.data()) >= 0, what);
    name.pop_back();
    result.push_back(
        {name, impl_->read_value(attribute, fmt::format("attribute {} of {}", name, path))});
  }
  return result;
}

std::string ReadFile::text_attribute(const std::string& path, const std::string& name) const {
  for (const Attribute& attribute : attributes(path))
    if (attribute.name == name)
      if (const auto* text = std::get_if<std::string>(&attribute.value)) return *text;
  impl_->fail(fmt::format("{} has no text attribute {}", path, name));
}

std::uint64_t ReadFile::integer_attribute(const std::string& path, const std::string& name) const {
  for (const Attribute& attribute : attributes(path))
    if (attribute.name == name)
      if (const auto* number = std::get_if<std::uint64_t>(&attribute.value)) return *number;
  impl_->fail(fmt::format("{} has no whole-number attribute {}", path, name));
}

}  // namespace winnow::store
