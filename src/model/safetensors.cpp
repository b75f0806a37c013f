#include "model/safetensors.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::model {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeader = 100'000'000;

struct ElementType {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array kElementTypes = {
    ElementType{"BOOL", 1},    ElementType{"U8", 1},      ElementType{"I8", 1},
    ElementType{"F8_E5M2", 1}, ElementType{"F8_E4M3", 1}, ElementType{"F8_E8M0", 1},
    ElementType{"I16", 2},     ElementType{"U16", 2},     ElementType{"F16", 2},
    ElementType{"BF16", 2},    ElementType{"I32", 4},     ElementType{"U32", 4},
    ElementType{"F32", 4},     ElementType{"F64", 8},     ElementType{"I64", 8},
    ElementType{"U64", 8},     ElementType{"C64", 8}};

[[noreturn]] void fail(const std::string& file, std::string_view what) {
  throw core::ModelError(fmt::format("{}: {}", file, what));
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return std::nullopt;
  return a * b;
}

/// Fields of one tensor's entry; each may come once.
class EntryReader {
 public:
  EntryReader(const std::string& file, std::string_view tensor) : file_(file), tensor_(tensor) {}

  TensorPlace read(simdjson::dom::object entry) {
    TensorPlace place;
    bool has_dtype = false, has_shape = false, has_offsets = false;
    for (const auto field : entry) {
      if (field.key == "dtype") {
        once(has_dtype, "dtype");
        std::string_view dtype;
        if (field.value.get_string().get(dtype)) refuse("`dtype` is no string");
        place.dtype = dtype;
      } else if (field.key == "shape") {
        once(has_shape, "shape");
        place.shape = integers(field.value, "shape");
      } else if (field.key == "data_offsets") {
        once(has_offsets, "data_offsets");
        const auto offsets = integers(field.value, "data_offsets");
        if (offsets.size() != 2)
          refuse(fmt::format("`data_offsets` has {} numbers, expected 2", offsets.size()));
        place.begin = offsets[0];
        place.end = offsets[1];
      }
    }
    if (!has_dtype || !has_shape || !has_offsets)
      refuse("expected `dtype`, `shape` and `data_offsets`");
    check_size(place);
    return place;
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(file_, fmt::format("tensor `{}`: {}", tensor_, what));
  }

  void once(bool& seen, std::string_view name) const {
    if (std::exchange(seen, true)) refuse(fmt::format("`{}` comes twice", name));
  }

  std::vector<std::uint64_t> integers(simdjson::dom::element value, std::string_view name) const {
    simdjson::dom::array array;
    if (value.get_array().get(array)) refuse(fmt::format("`{}` is no list", name));
    std::vector<std::uint64_t> numbers;
    for (const simdjson::dom::element element : array)
      if (element.get_uint64().get(numbers.emplace_back()))
        refuse(fmt::format("`{}` holds something that is no integer from 0", name));
    return numbers;
  }

  void check_size(const TensorPlace& place) const {
    const auto type = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                   [&](const ElementType& one) { return one.name == place.dtype; });
    if (type == kElementTypes.end())
      refuse(fmt::format("`dtype` is \"{}\", expected one of safetensors' byte-sized types",
                         place.dtype));
    if (place.begin > place.end)
      refuse(fmt::format("`data_offsets` run backwards, from {} to {}", place.begin, place.end));
    std::optional<std::uint64_t> size = type->bytes;
    for (const std::uint64_t extent : place.shape)
      if (size) size = product(*size, extent);
    if (!size) refuse(fmt::format("`shape` [{}] overflows 64 bits", fmt::join(place.shape, ", ")));
    if (place.end - place.begin != *size)
      refuse(fmt::format("{} bytes by `data_offsets`, expected {} for {} [{}]",
                         place.end - place.begin, *size, place.dtype,
                         fmt::join(place.shape, ", ")));
  }

  const std::string& file_;
  std::string_view tensor_;
};

void check_metadata(simdjson::dom::element value, const std::string& file) {
  simdjson::dom::object object;
  if (value.get_object().get(object)) fail(file, "`__metadata__` is no object");
  for (const auto field : object)
    if (!field.value.is_string())
      fail(file, fmt::format("`__metadata__`: `{}` is no string", field.key));
}

/// The tensors must tile [0, data_size) without overlap or hole.
void check_tiling(const std::map<std::string, TensorPlace>& tensors, std::uint64_t data_size,
                  const std::string& file) {
  std::vector<const std::pair<const std::string, TensorPlace>*> order;
  for (const auto& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  std::uint64_t reached = 0;
  for (const auto* tensor : order) {
    const auto& [name, place] = *tensor;
    if (place.begin != reached)
      fail(file,
           fmt::format("tensor `{}` begins at byte {}, expected {}: tensors {}", name, place.begin,
                       reached, place.begin < reached ? "overlap" : "leave a hole"));
    reached = place.end;
  }
  if (reached != data_size)
    fail(file, fmt::format("{} bytes of tensor data, the header describes {}", data_size, reached));
}

std::span<const std::byte> map_file(const std::filesystem::path& path) {
  const auto refuse = [&](int error) {
    throw core::EnvironmentError(
        fmt::format("{}: cannot be read: {}", path.string(), std::strerror(error)));
  };
  core::require_regular_file(path);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) refuse(errno);
  struct stat status {};
  void* address = nullptr;
  int error = ::fstat(descriptor, &status) != 0 ? errno : 0;
  if (error == 0 && status.st_size > 0) {
    address = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE,
                     descriptor, 0);
    if (address == MAP_FAILED) error = errno;
  }
  ::close(descriptor);
  if (error != 0) refuse(error);
  return {static_cast<const std::byte*>(address), static_cast<std::size_t>(status.st_size)};
}

std::uint64_t header_length(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < kLengthBytes)
    fail(file, fmt::format("{} bytes, too short for a safetensors file", bytes.size()));
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;)
    length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  if (length > kLargestHeader)
    fail(file, fmt::format("header of {} bytes, expected at most {}", length, kLargestHeader));
  if (length > bytes.size() - kLengthBytes)
    fail(file, fmt::format(
                   "header of {} bytes in a file of {}: the file is cut off or no safetensors file",
                   length, bytes.size()));
  return length;
}

}  // namespace

std::map<std::string, TensorPlace> parse_safetensors_header(std::string_view header,
                                                            std::uint64_t data_size,
                                                            const std::string& file) {
  if (!header.starts_with('{'))
    fail(file, "the header does not begin with a brace: not a safetensors file");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(header.data(), header.size()).get(root))
    fail(file, fmt::format("the header is not valid JSON: {}", simdjson::error_message(error)));
  simdjson::dom::object entries;
  if (root.get_object().get(entries)) fail(file, "the header is no JSON object");

  std::map<std::string, TensorPlace> tensors;
  bool has_metadata = false;
  for (const auto field : entries) {
    if (field.key == "__metadata__") {
      if (std::exchange(has_metadata, true)) fail(file, "`__metadata__` comes twice");
      check_metadata(field.value, file);
      continue;
    }
    simdjson::dom::object entry;
    if (field.value.get_object().get(entry))
      fail(file, fmt::format("tensor `{}`: its entry is no object", field.key));
    if (!tensors.emplace(field.key, EntryReader(file, field.key).read(entry)).second)
      fail(file, fmt::format("tensor `{}` comes twice", field.key));
  }
  check_tiling(tensors, data_size, file);
  return tensors;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), mapping_(map_file(path)) {
  try {
    const std::uint64_t length = header_length(mapping_, path.string());
    data_begin_ = kLengthBytes + length;
    const std::string_view header(reinterpret_cast<const char*>(mapping_.data()) + kLengthBytes,
                                  length);
    tensors_ = parse_safetensors_header(header, mapping_.size() - data_begin_, path.string());
  } catch (...) {
    unmap();
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() { unmap(); }

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      mapping_(std::exchange(other.mapping_, {})),
      data_begin_(other.data_begin_),
      tensors_(std::move(other.tensors_)) {}

void SafetensorsFile::unmap() noexcept {
  if (!mapping_.empty()) ::munmap(const_cast<std::byte*>(mapping_.data()), mapping_.size());
}

TensorView SafetensorsFile::view(const std::string& name) const {
  const TensorPlace& place = tensors_.at(name);
  return {place.dtype, place.shape,
          mapping_.subspan(data_begin_ + place.begin, place.end - place.begin)};
}

}  // namespace winnow::model
