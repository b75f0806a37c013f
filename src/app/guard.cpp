#include "app/guard.hpp"

#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/environment.hpp"

namespace winnow::app {
namespace {

void print(const mpi::Communicator& communicator, int failing_rank, const std::string& message) {
  const std::string where =
      communicator.size() > 1 && failing_rank > 0 ? fmt::format("rank {}: ", failing_rank) : "";
  const std::string line = "winnow: " + where + core::one_line(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

int guarded(const mpi::Communicator& communicator, const std::function<int()>& body) {
  try {
    return body();
  } catch (...) {
    const std::exception_ptr error = std::current_exception();
    const mpi::Failure failure = mpi::to_failure(error);
    try {
      std::rethrow_exception(error);
    } catch (const mpi::Agreed& agreed) {
      if (communicator.is_root()) print(communicator, agreed.failing_rank(), failure.message);
      return static_cast<int>(failure.code);
    } catch (...) {
      print(communicator, communicator.rank(), failure.message);
      if (communicator.size() > 1) mpi::Environment::abort(static_cast<int>(failure.code));
      return static_cast<int>(failure.code);
    }
  }
}

}  // namespace winnow::app
