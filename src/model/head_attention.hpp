#pragma once

#include <cstddef>
#include <memory>

namespace winnow::model {

/// Which keys a query sees, and how: softmax over them of cap(scale * query . key), where cap(s) is
/// limit * tanh(s / limit), or s where `limit` is 0.
struct AttentionRule {
  std::size_t head_size = 0;
  float scale = 1;
  float limit = 0;
  std::size_t window = 0;  ///< the last so many, the query's own included; 0: all
  bool is_causal = true;   ///< none behind the query
};

/// Rows of one head in a matrix of float32: element i of row r stands at first[r * stride + i].
template <typename T>
struct HeadRows {
  T* first = nullptr;
  std::size_t stride = 0;
  std::size_t rows = 0;
};

/// Attention of the query heads that share one key head, to the rows of one sequence, on the CPU in
/// one thread. The bits of a row depend on its sequence alone.
class HeadAttention {
 public:
  /// @param rows  of keys and values that there is room for
  HeadAttention(const AttentionRule& rule, std::size_t rows);

  /// Adds the next rows of the sequence; as many keys as values.
  void add(HeadRows<const float> keys, HeadRows<const float> values);
  /// out = the values of what each query sees, weighted; queries[0] is that of row `first_row`, and
  /// all that they see has been added. `out` may not overlap what was added.
  void attend(HeadRows<const float> queries, std::size_t first_row, HeadRows<float> out);

 private:
  struct Seen {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  [[nodiscard]] Seen seen_from(std::size_t row) const;
  void attend_tile(HeadRows<const float> queries, std::size_t begin, std::size_t first_row,
                   HeadRows<float> out);

  AttentionRule rule_;
  std::size_t key_stride_;   ///< rows there is room for, filled up
  std::size_t value_width_;  ///< head_size, filled up
  std::size_t rows_ = 0;
  std::unique_ptr<float[]> keys_;    ///< [head_size, key_stride_], 0 behind the last row
  std::unique_ptr<float[]> values_;  ///< [key_stride_, value_width_]
  std::unique_ptr<float[]> scores_;  ///< of a tile of queries [queries, key_stride_]
  std::unique_ptr<float[]> mixed_;   ///< [queries, value_width_]
};

}  // namespace winnow::model
