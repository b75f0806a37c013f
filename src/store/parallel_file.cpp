#include "store/parallel_file.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "store/disk_check.hpp"
#include "store/schema.hpp"
#include "store/types.hpp"

namespace winnow::store {
namespace {

constexpr std::uint64_t kSlabBytes = std::uint64_t{256}
                                     << 20;  // one collective write; MPI counts are ints
constexpr std::uint64_t kMetadataRoom = std::uint64_t{64}
                                        << 10;  // reserved behind each dataset for what HDF5 adds
constexpr unsigned kCompactMax = 1024;  // attributes and links stay in the object's own header

/// A dataset that is being filled.
struct Dataset {
  Handle handle;
  Element element{};
  std::vector<std::uint64_t> shape;
  std::uint64_t written = 0;  ///< rows, by this rank
  [[nodiscard]] std::uint64_t columns() const {
    return std::accumulate(shape.begin() + 1, shape.end(), std::uint64_t{1}, std::multiplies<>());
  }
  [[nodiscard]] std::uint64_t bytes() const { return shape.front() * columns() * size_of(element); }
};

std::vector<hsize_t> dimensions(std::uint64_t rows, const std::vector<std::uint64_t>& shape) {
  std::vector<hsize_t> result(shape.begin(), shape.end());
  result.front() = rows;
  return result;
}

}  // namespace

struct ParallelFile::Impl {
  Impl(const mpi::Communicator& given, std::filesystem::path path)
      : communicator(given.duplicate()), target(std::move(path)), aside(target.string() + ".tmp") {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  mpi::Communicator communicator;
  std::filesystem::path target;
  std::filesystem::path aside;
  Handle file;
  std::map<std::string, Dataset> datasets;
  std::vector<WrittenBytes> written;
  bool finished = false;

  void require(bool is_good, std::string_view what) const {
    if (!is_good)
      throw core::EnvironmentError(
          fmt::format("{}: cannot {}: {}", aside.string(), what, hdf5_error()));
  }
  [[nodiscard]] Handle require_handle(hid_t id, Handle::Close close, std::string_view what) const {
    require(id >= 0, what);
    return {id, close};
  }

  /// Runs `work`, whose HDF5 calls all ranks make alike, and agrees on how it went.
  template <class Work>
  void together(Work&& work) {
    mpi::agree_on(communicator, std::forward<Work>(work));
  }

  void create();
  [[nodiscard]] Handle object_creation(hid_t property_class) const;
  void add_attributes(const std::string& path, const Attributes& attributes) const;
  void close_all();
};

/// What every creation list has in common: no times, and attributes where the object is.
Handle ParallelFile::Impl::object_creation(hid_t property_class) const {
  Handle list = require_handle(H5Pcreate(property_class), H5Pclose, "make a property list");
  require(H5Pset_obj_track_times(list.id(), false) >= 0, "turn object times off");
  require(H5Pset_attr_phase_change(list.id(), kCompactMax, 0) >= 0, "keep attributes compact");
  return list;
}

void ParallelFile::Impl::create() {
  const Handle access =
      require_handle(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "make a property list");
  require(H5Pset_fapl_mpio(access.id(), communicator.handle(), MPI_INFO_NULL) >= 0,
          "use MPI for the file");
  require(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0,
          "fix the format version");
  require(H5Pset_coll_metadata_write(access.id(), true) >= 0, "write metadata collectively");
  require(H5Pset_all_coll_metadata_ops(access.id(), true) >= 0, "read metadata collectively");
  const Handle creation = object_creation(H5P_FILE_CREATE);
  require(H5Pset_link_phase_change(creation.id(), kCompactMax, 0) >= 0, "keep links compact");
  file = require_handle(H5Fcreate(aside.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()),
                        H5Fclose, "create the file");
}

void ParallelFile::Impl::add_attributes(const std::string& path,
                                        const Attributes& attributes) const {
  const Handle object =
      require_handle(H5Oopen(file.id(), path.c_str(), H5P_DEFAULT), H5Oclose, "open " + path);
  const Handle scalar = require_handle(H5Screate(H5S_SCALAR), H5Sclose, "make a scalar");
  for (const Attribute& attribute : attributes) {
    const auto write = [&](const Handle& type, const void* value) {
      const std::string what = fmt::format("write attribute {} of {}", attribute.name, path);
      Handle handle = require_handle(H5Acreate2(object.id(), attribute.name.c_str(), type.id(),
                                                scalar.id(), H5P_DEFAULT, H5P_DEFAULT),
                                     H5Aclose, what);
      require(H5Awrite(handle.id(), type.id(), value) >= 0, what);
      require(handle.close(), what);
    };
    if (const auto* text = std::get_if<std::string>(&attribute.value)) {
      core::check(text->find('\0') == std::string::npos, "a text attribute holds no NUL");
      const char* const characters = text->c_str();
      write(string_type(), &characters);
    } else if (const auto* number = std::get_if<double>(&attribute.value)) {
      write(type_of(Element::f64), number);
    } else {
      write(type_of(Element::u64), std::get_if<std::uint64_t>(&attribute.value));
    }
  }
}

void ParallelFile::Impl::close_all() {
  bool is_good = true;
  for (auto& [path, dataset] : datasets) is_good = dataset.handle.close() && is_good;
  datasets.clear();
  is_good = file.close() && is_good;
  require(is_good, "close the file");
}

/// An unfinished file is never closed: closing is collective, and after an error the ranks no
/// longer agree on what is left to do (HDF5 and MPI-IO would wait for ever). Its ids stay with the
/// process, which has little more to do.
ParallelFile::Impl::~Impl() {
  if (finished) return;
  for (auto& [path, dataset] : datasets) dataset.handle.release();
  file.release();
  std::error_code ignored;
  if (communicator.is_root()) std::filesystem::remove(aside, ignored);
}

ParallelFile::ParallelFile(const mpi::Communicator& communicator, std::filesystem::path target,
                           const std::string& kind)
    : impl_(std::make_unique<Impl>(communicator, std::move(target))) {
  // One rank tries the name first: its message says why the system refuses it, HDF5's would not.
  impl_->together([this] {
    check_size_limit(impl_->aside, kMetadataRoom);
    if (!is_root()) return;
    core::OutputFile(impl_->aside, /*exclusive=*/false).close();
    reserve_space(impl_->aside, 0, kMetadataRoom);
  });
  impl_->together([this] { impl_->create(); });
  set_attributes("/", {{"kind", kind}, {"schema_version", kSchemaVersion}});
}

ParallelFile::~ParallelFile() = default;

bool ParallelFile::is_root() const { return impl_->communicator.is_root(); }

void ParallelFile::together(const std::function<void()>& work) { impl_->together(work); }

void ParallelFile::create_group(const std::string& path, const Attributes& attributes) {
  impl_->together([&] {
    const Handle creation = impl_->object_creation(H5P_GROUP_CREATE);
    impl_->require(H5Pset_link_phase_change(creation.id(), kCompactMax, 0) >= 0,
                   "keep links compact");
    const std::string what = "create group " + path;
    Handle group = impl_->require_handle(
        H5Gcreate2(impl_->file.id(), path.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
        H5Gclose, what);
    impl_->require(group.close(), what);
    impl_->add_attributes(path, attributes);
  });
}

void ParallelFile::set_attributes(const std::string& path, const Attributes& attributes) {
  impl_->together([&] { impl_->add_attributes(path, attributes); });
}

void ParallelFile::create_dataset(const std::string& path, Element element,
                                  std::vector<std::uint64_t> shape, const Attributes& attributes) {
  impl_->together([&] {
    const std::string what = "create dataset " + path;
    const Handle creation = impl_->object_creation(H5P_DATASET_CREATE);
    impl_->require(H5Pset_layout(creation.id(), H5D_CONTIGUOUS) >= 0 &&
                       H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY) >= 0 &&
                       H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER) >= 0,
                   what);
    const std::vector<hsize_t> size = dimensions(shape.front(), shape);
    const Handle space = impl_->require_handle(
        H5Screate_simple(core::checked_cast<int>(size.size()), size.data(), nullptr), H5Sclose,
        what);
    Dataset dataset;
    dataset.element = element;
    dataset.shape = std::move(shape);
    dataset.handle =
        impl_->require_handle(H5Dcreate2(impl_->file.id(), path.c_str(), type_of(element).id(),
                                         space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                              H5Dclose, what);
    impl_->datasets.insert_or_assign(path, std::move(dataset));
    impl_->add_attributes(path, attributes);
  });
  // A full disk is met here, with the system's reason: in the middle of a collective write some
  // MPI-IO ranks would wait for ever.
  impl_->together([&] {
    const Dataset& dataset = impl_->datasets.at(path);
    const haddr_t begin = H5Dget_offset(dataset.handle.id());
    if (begin == HADDR_UNDEF) return;
    check_size_limit(impl_->aside, begin + dataset.bytes() + kMetadataRoom);
    if (is_root()) reserve_space(impl_->aside, begin, dataset.bytes() + kMetadataRoom);
  });
}

void ParallelFile::write_slab(const std::string& path, Element element, core::RowRange mine,
                              std::span<const std::byte> bytes) {
  const auto found = impl_->datasets.find(path);
  std::uint64_t row_bytes = 0;
  impl_->together([&] {
    core::check(found != impl_->datasets.end(),
                "a slab is written into a dataset that was created");
    core::check(found->second.element == element, "a slab has its dataset's element type");
    row_bytes = core::checked_multiply<std::uint64_t>(found->second.columns(), size_of(element));
    core::check(mine.begin <= mine.end && mine.end <= found->second.shape.front(),
                "a slab lies inside its dataset");
    core::check(bytes.size() == mine.size() * row_bytes,
                "a slab has as many values as its rows need");
  });
  Dataset& dataset = found->second;
  if (dataset.shape.front() == 0 || row_bytes == 0) return;

  const std::uint64_t step = std::max<std::uint64_t>(1, kSlabBytes / row_bytes);
  const std::uint64_t rounds = mpi::max(impl_->communicator, (mine.size() + step - 1) / step);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const core::RowRange part{std::min(mine.end, mine.begin + round * step),
                              std::min(mine.end, mine.begin + (round + 1) * step)};
    impl_->together([&] {
      const std::string what = "write dataset " + path;
      const Handle space = impl_->require_handle(H5Dget_space(dataset.handle.id()), H5Sclose, what);
      const std::vector<hsize_t> count = dimensions(part.size(), dataset.shape);
      const Handle memory = impl_->require_handle(
          H5Screate_simple(core::checked_cast<int>(count.size()), count.data(), nullptr), H5Sclose,
          what);
      if (part.size() == 0) {
        impl_->require(H5Sselect_none(space.id()) >= 0 && H5Sselect_none(memory.id()) >= 0, what);
      } else {
        std::vector<hsize_t> start(count.size(), 0);
        start.front() = part.begin;
        impl_->require(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr,
                                           count.data(), nullptr) >= 0,
                       what);
      }
      const Handle transfer = impl_->require_handle(H5Pcreate(H5P_DATASET_XFER), H5Pclose, what);
      impl_->require(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE) >= 0, what);
      const std::byte* const data = bytes.data() + (part.begin - mine.begin) * row_bytes;
      impl_->require(H5Dwrite(dataset.handle.id(), type_of(element).id(), memory.id(), space.id(),
                              transfer.id(), data) >= 0,
                     what);
    });
  }
  if (mine.size() == 0) return;
  const haddr_t begin = H5Dget_offset(dataset.handle.id());
  dataset.written += mine.size();
  impl_->written.push_back(
      {path, begin + mine.begin * row_bytes, bytes.size(), core::hash128(as_text(bytes))});
}

ParallelFile::Pieces ParallelFile::write_offsets(const std::string& path, std::uint64_t rows,
                                                 core::RowRange mine,
                                                 std::span<const std::uint64_t> lengths,
                                                 const Attributes& attributes) {
  impl_->together([&] { core::check(lengths.size() == mine.size(), "one length per row"); });
  const auto elements = std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0});
  const std::uint64_t begin = mpi::exclusive_scan(impl_->communicator, elements);
  const std::uint64_t total = mpi::sum(impl_->communicator, elements);
  std::vector<std::uint64_t> offsets(lengths.size());
  std::exclusive_scan(lengths.begin(), lengths.end(), offsets.begin(), begin);
  // The closing offset belongs to the rank with the last row, or to the root when there is no row.
  core::RowRange mine_offsets = mine;
  if (mine.size() > 0 ? mine.end == rows : rows == 0 && is_root()) {
    if (mine.size() == 0) mine_offsets = {rows, rows};
    offsets.push_back(total);
    ++mine_offsets.end;
  }
  write_rows<std::uint64_t>(path, rows + 1, mine_offsets, offsets, attributes);
  return {total, {begin, begin + elements}};
}

void ParallelFile::write_texts(const std::string& path, std::uint64_t rows, core::RowRange mine,
                               std::span<const std::string> texts, const Attributes& attributes) {
  std::string bytes;
  std::vector<std::uint64_t> lengths;
  for (const std::string& text : texts) {
    lengths.push_back(text.size());
    bytes += text;
  }
  const Pieces pieces =
      write_offsets(path + "_offsets", rows, mine, lengths,
                    {{"formula", "first byte of each text in " + path.substr(path.rfind('/') + 1)},
                     {"unit", "bytes"}});
  write_rows<std::uint8_t>(path, pieces.total, pieces.mine,
                           {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                           attributes);
}

void ParallelFile::finish() {
  for (const auto& [path, dataset] : impl_->datasets) {
    const std::uint64_t written = mpi::sum(impl_->communicator, dataset.written);
    impl_->together(
        [&, name = path, rows = dataset.shape.front() * (dataset.columns() > 0 ? 1 : 0)] {
          core::check(written == rows, ("every row of " + name + " is written once").c_str());
        });
  }
  impl_->together([this] {
    impl_->require(H5Fflush(impl_->file.id(), H5F_SCOPE_GLOBAL) >= 0, "flush the file");
  });
  set_attributes("/", {{"complete", std::uint64_t{1}}});
  impl_->together([this] {
    impl_->require(H5Fflush(impl_->file.id(), H5F_SCOPE_GLOBAL) >= 0, "flush the file");
  });
  impl_->together([this] { impl_->close_all(); });
  // HDF5 can report success for what a full disk did not take.
  impl_->together([this] { check_written(impl_->aside, impl_->written); });
  impl_->together([this] {
    if (is_root()) core::publish(impl_->aside, impl_->target);
  });
  impl_->finished = true;
}

}  // namespace winnow::store
