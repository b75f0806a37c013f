#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "mpi/communicator.hpp"

namespace winnow::mpi {

/// What went wrong on one rank.
struct Failure {
  core::ExitCode code = core::ExitCode::internal;
  std::string message;
};

/// Mark of an error that every rank throws at the same place: one rank prints it, nobody needs to
/// be aborted. `dynamic_cast<const Agreed*>(&error)` finds it; the error is also of the core type
/// that belongs to its code.
class Agreed {
 public:
  explicit Agreed(int failing_rank) : failing_rank_(failing_rank) {}
  virtual ~Agreed() = default;
  [[nodiscard]] int failing_rank() const { return failing_rank_; }

 private:
  int failing_rank_;
};

/// Collective. Returns when no rank failed; otherwise throws the failure of the lowest failing rank
/// on all ranks, as the core error type of its code and as `Agreed`.
void agree(const Communicator& communicator, const std::optional<Failure>& failure);

/// The failure that an exception means: a core::Error's own code; environment where the system
/// refuses memory or a file; anything else is internal.
[[nodiscard]] Failure to_failure(const std::exception_ptr& error);

/// Collective. Runs `work`, which must not communicate, and agrees on how it went.
template <std::invocable Work>
auto agree_on(const Communicator& communicator, Work&& work) {
  using Result = std::invoke_result_t<Work>;
  std::optional<Failure> failure;
  if constexpr (std::is_void_v<Result>) {
    try {
      std::forward<Work>(work)();
    } catch (...) {
      failure = to_failure(std::current_exception());
    }
    agree(communicator, failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(std::forward<Work>(work)());
    } catch (...) {
      failure = to_failure(std::current_exception());
    }
    agree(communicator, failure);
    return std::move(*result);
  }
}

}  // namespace winnow::mpi
