#pragma once

#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/language_model.hpp"
#include "model/pass_clock_torch.hpp"
#include "model/row_kernels.hpp"

namespace winnow::model {

/// How matrix products are computed. Activations are kept in float32 tensors throughout.
enum class Arithmetic {
  fp32,
  /// bf16 weights and inputs through the device's bf16 product, which sums in float32 and rounds
  /// what it gives to bf16, logits included (libtorch 2.7 has no other).
  bf16,
  /// The same inputs, weights widened to float32 just before a float32 product: what it gives is
  /// not rounded.
  bf16_widened
};

/// bf16 on the CPU is widened where the processor's own bf16 product is slower than its float32
/// one: no AMX, and not AMD's AVX512_BF16 (Intel's runs at half the float32 rate: 86 against 175
/// GFLOP/s on one core of an Emerald Rapids without AMX).
[[nodiscard]] Arithmetic arithmetic_of(Precision precision, const at::Device& device);

/// Asks MKL for float32 products whose bits do not depend on the number of threads; before the
/// first product of the process, and only where the environment does not set MKL_CBWR itself. Its
/// strict mode exists on Intel's processors (no measurable cost on an Emerald Rapids, where the
/// default mode changes bits for 4 to 15 and, with 1,536 columns, 57 to 139 rows).
void request_reproducible_products();

/// Fewer rows are padded to this many: below 12, MKL's float32 product gives other bits on 1 than
/// on 2 threads of an AMD Zen 4.
constexpr std::int64_t kFewestRows = 16;

/// y = x W^T + b.
struct Linear {
  /// W [out, in]: its rows in one matrix, or in several of the model's precision on the CPU, which
  /// may be read in place from mapped files.
  std::vector<at::Tensor> parts;
  at::Tensor bias;  ///< [out] float32, undefined where there is none
};

/// Whether a Linear may have several parts: they are brought together as they are widened.
[[nodiscard]] inline bool joins_parts(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bf16_widened;
}

/// Products with weights kept in float32 or bf16.
class Products {
 public:
  Products(Arithmetic arithmetic, const PassClock& clock)
      : arithmetic_(arithmetic), clock_(clock) {}

  /// The model's; its other parts are timed through this too.
  [[nodiscard]] PassClock& clock() { return clock_; }
  [[nodiscard]] const PassClock& clock() const { return clock_; }

  /// What the inputs of products are rounded to before they are handed in.
  [[nodiscard]] Rounding input_rounding() const {
    return arithmetic_ == Arithmetic::fp32 ? Rounding::none : Rounding::bf16;
  }

  /// `weight` in the type of the product; valid until the next call of any member but
  /// multiply_operand.
  [[nodiscard]] at::Tensor operand(const at::Tensor& weight);
  /// out = x W^T; x [rows, in] and out [rows, out] float32.
  void multiply_operand(at::Tensor out, const at::Tensor& x, const at::Tensor& operand);
  /// out = x W^T + b.
  void multiply(at::Tensor out, const at::Tensor& x, const Linear& linear);
  /// out += x W^T + b.
  void multiply_add(at::Tensor out, const at::Tensor& x, const Linear& linear);

 private:
  [[nodiscard]] at::Tensor operand(const Linear& linear);
  [[nodiscard]] at::Tensor widened(std::int64_t rows, std::int64_t columns,
                                   const at::TensorOptions& options);

  Arithmetic arithmetic_;
  PassClock clock_;
  at::Tensor widened_;
};

}  // namespace winnow::model
