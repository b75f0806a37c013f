#include "mpi/agree.hpp"

#include <cstdint>
#include <new>
#include <system_error>

#include "mpi/collectives.hpp"

namespace winnow::mpi {
namespace {

template <class Base>
struct AgreedError : Base, Agreed {
  AgreedError(const std::string& message, int rank) : Base(message), Agreed(rank) {}
};

/// For the codes without a type of their own.
struct AgreedCode : core::Error, Agreed {
  AgreedCode(core::ExitCode code, const std::string& message, int rank)
      : core::Error(code, message), Agreed(rank) {}
};

[[noreturn]] void throw_agreed(core::ExitCode code, const std::string& message, int rank) {
  switch (code) {
    case core::ExitCode::usage:
      throw AgreedError<core::UsageError>(message, rank);
    case core::ExitCode::data:
      throw AgreedError<core::DataError>(message, rank);
    case core::ExitCode::environment:
      throw AgreedError<core::EnvironmentError>(message, rank);
    case core::ExitCode::model:
      throw AgreedError<core::ModelError>(message, rank);
    case core::ExitCode::internal:
      throw AgreedError<core::InternalError>(message, rank);
    case core::ExitCode::interrupted:
      throw AgreedError<core::Interrupted>(message, rank);
    default:
      throw AgreedCode(code, message, rank);
  }
}

}  // namespace

void agree(const Communicator& communicator, const std::optional<Failure>& failure) {
  const auto size = static_cast<std::uint64_t>(communicator.size());
  const std::uint64_t lowest =
      min(communicator, failure ? static_cast<std::uint64_t>(communicator.rank()) : size);
  if (lowest == size) return;
  const int rank = static_cast<int>(lowest);
  int code = failure ? static_cast<int>(failure->code) : 0;
  check(MPI_Bcast(&code, 1, MPI_INT, rank, communicator.handle()), "MPI_Bcast");
  const std::string message =
      broadcast(communicator, failure ? failure->message : std::string(), rank);
  throw_agreed(static_cast<core::ExitCode>(code), message, rank);
}

Failure to_failure(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const core::Error& known) {
    return {known.code(), known.what()};
  } catch (const std::bad_alloc&) {
    return {core::ExitCode::environment, "out of memory; fewer ranks on this machine need less"};
  } catch (const std::system_error& refused) {  // of std::filesystem, or a thread not started
    return {core::ExitCode::environment, refused.what()};
  } catch (const std::exception& other) {
    return {core::ExitCode::internal, other.what()};
  } catch (...) {
    return {core::ExitCode::internal, "an exception of unknown type"};
  }
}

}  // namespace winnow::mpi
