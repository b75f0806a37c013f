#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

namespace winnow::store {

/// Owns one HDF5 id. Moves, never copies; the destructor closes without checking, `close` checks.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] hid_t id() const { return id_; }
  /// False if HDF5 reports an error; the handle is empty afterwards.
  [[nodiscard]] bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }
  /// Forgets the id without closing it.
  void release() { id_ = -1; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// The innermost message of HDF5's error stack, with the function that gave it; empties the stack.
[[nodiscard]] std::string hdf5_error();

}  // namespace winnow::store
