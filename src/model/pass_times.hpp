#pragma once

namespace winnow::model {

/// Where a model's passes spent their time since it was loaded, in seconds of the wall clock; the
/// parts are within `all`. On CUDA the parts are known only where LoadOptions::profile asked for
/// them.
struct PassTimes {
  double products = 0;   ///< matrix products, the head's included
  double widening = 0;   ///< of bf16 weights, before a product
  double attention = 0;  ///< between the products
  double losses = 0;     ///< log-sum-exp over the vocabulary
  double all = 0;
};

}  // namespace winnow::model
