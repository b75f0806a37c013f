#pragma once

#include <cstddef>
#include <span>

namespace winnow::training {

/// The cross entropy of one prediction, -ln softmax(cap(logits))[target] in nats, where cap(z) is
/// limit * tanh(z / limit), or z where `limit` is 0. `logits` takes its gradient times `factor`.
float cross_entropy_gradient_row(std::span<float> logits, std::size_t target, float factor,
                                 float limit);

}  // namespace winnow::training
