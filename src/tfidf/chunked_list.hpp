#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace winnow::tfidf {

/// An append-only list that never moves what it holds: growing touches no memory twice.
template <typename T>
class ChunkedList {
 public:
  void push_back(const T& value) {
    if (next_ == end_) add_chunk();
    *next_++ = value;
  }

  [[nodiscard]] std::size_t size() const {
    return chunks_.size() * kChunk - static_cast<std::size_t>(end_ - next_);
  }

  /// Copies everything to `out`, in order, and forgets it.
  void move_to(std::vector<T>& out) {
    out.clear();
    for (std::size_t left = size(), c = 0; left > 0; ++c) {
      const std::size_t count = std::min(left, kChunk);
      out.insert(out.end(), chunks_[c].get(), chunks_[c].get() + count);
      left -= count;
    }
    *this = {};
  }

 private:
  static constexpr std::size_t kChunk = 4096 / sizeof(T);

  void add_chunk() {
    chunks_.push_back(std::make_unique_for_overwrite<T[]>(kChunk));
    next_ = chunks_.back().get();
    end_ = next_ + kChunk;
  }

  T* next_ = nullptr;
  T* end_ = nullptr;
  std::vector<std::unique_ptr<T[]>> chunks_;
};

}  // namespace winnow::tfidf
