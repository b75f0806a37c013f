#include "mpi/communicator.hpp"

#include <array>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::mpi {

void check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw core::EnvironmentError(fmt::format(
      "MPI: {} failed: {}", call, std::string(text.data(), static_cast<std::size_t>(length))));
}

Communicator::Communicator(MPI_Comm handle) : Communicator(handle, /*owned=*/false) {}

Communicator::Communicator(MPI_Comm handle, bool owned)
    : handle_(handle), owned_(owned), exceptions_at_start_(std::uncaught_exceptions()) {
  check(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(handle_, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(handle_, &size_), "MPI_Comm_size");
}

Communicator::Communicator(Communicator&& other) noexcept
    : handle_(other.handle_),
      owned_(other.owned_),
      rank_(other.rank_),
      size_(other.size_),
      exceptions_at_start_(other.exceptions_at_start_) {
  other.owned_ = false;
}

Communicator::~Communicator() {
  if (owned_ && std::uncaught_exceptions() <= exceptions_at_start_) MPI_Comm_free(&handle_);
}

Communicator Communicator::duplicate() const {
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(handle_, &copy), "MPI_Comm_dup");
  return Communicator(copy, /*owned=*/true);
}

NodePlace node_place(const Communicator& communicator) {
  MPI_Comm node = MPI_COMM_NULL;
  check(MPI_Comm_split_type(communicator.handle(), MPI_COMM_TYPE_SHARED, communicator.rank(),
                            MPI_INFO_NULL, &node),
        "MPI_Comm_split_type");
  NodePlace place;
  check(MPI_Comm_rank(node, &place.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(node, &place.size), "MPI_Comm_size");
  check(MPI_Comm_free(&node), "MPI_Comm_free");
  return place;
}

}  // namespace winnow::mpi
