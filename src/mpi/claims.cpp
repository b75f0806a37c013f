#include "mpi/claims.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "mpi/claim_board.hpp"

namespace winnow::mpi {
namespace {

using namespace std::chrono_literals;

constexpr int kToService = 1;
constexpr int kToClient = 2;
constexpr auto kPause = 1ms;

enum class Request : unsigned char { next, stop, leave };

struct Answer {
  std::uint64_t has_block = 0;
  std::uint64_t block = 0;
};

/// Waits without burning a core that a computing rank could use.
void wait(MPI_Request& request, const char* call) {
  int done = 0;
  while (true) {
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), call);
    if (done) return;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

/// Rank 0: the board, and the thread that hands it to the others.
class BlockClaims::Service {
 public:
  Service(const Communicator& communicator, const std::vector<bool>& is_done)
      : communicator_(communicator),
        board_(is_done, communicator.size()),
        clients_(communicator.size() - 1) {
    if (clients_ > 0) thread_ = std::thread([this] { run(); });
  }
  ~Service() {
    abandoned_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  ClaimBoard& board() {
    if (failed_) std::rethrow_exception(error_);
    return board_;
  }

  void wait_for_clients() {
    if (thread_.joinable()) thread_.join();
    if (failed_) std::rethrow_exception(error_);
  }

 private:
  void run() {
    try {
      while (clients_ > 0 && !abandoned_)
        if (!serve_one()) std::this_thread::sleep_for(kPause);
    } catch (...) {
      error_ = std::current_exception();
      failed_ = true;
    }
  }

  bool serve_one() {
    int waiting = 0;
    MPI_Status status;
    check(MPI_Iprobe(MPI_ANY_SOURCE, kToService, communicator_.handle(), &waiting, &status),
          "MPI_Iprobe");
    if (!waiting) return false;
    Request request{};
    const int client = status.MPI_SOURCE;
    check(MPI_Recv(&request, 1, MPI_BYTE, client, kToService, communicator_.handle(),
                   MPI_STATUS_IGNORE),
          "MPI_Recv");
    switch (request) {
      case Request::next: {
        const std::optional<std::uint64_t> block = board_.take(client);
        const Answer answer{block.has_value(), block.value_or(0)};
        check(MPI_Send(&answer, 2, MPI_UINT64_T, client, kToClient, communicator_.handle()),
              "MPI_Send");
        break;
      }
      case Request::stop:
        board_.stop();
        break;
      case Request::leave:
        --clients_;
        break;
    }
    return true;
  }

  const Communicator& communicator_;
  ClaimBoard board_;
  int clients_;  ///< the thread's own once it runs
  std::atomic<bool> abandoned_ = false;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

/// The other ranks: each asks rank 0 and waits for the answer.
class BlockClaims::Client {
 public:
  explicit Client(const Communicator& communicator) : communicator_(communicator) {}

  std::optional<std::uint64_t> take() {
    if (exhausted_) return std::nullopt;
    send(Request::next);
    Answer answer;
    MPI_Request pending = MPI_REQUEST_NULL;
    check(MPI_Irecv(&answer, 2, MPI_UINT64_T, 0, kToClient, communicator_.handle(), &pending),
          "MPI_Irecv");
    wait(pending, "MPI_Test");
    exhausted_ = answer.has_block == 0;
    return exhausted_ ? std::nullopt : std::optional(answer.block);
  }

  void stop() { send(Request::stop); }
  void leave() { send(Request::leave); }

 private:
  void send(Request request) {
    check(MPI_Send(&request, 1, MPI_BYTE, 0, kToService, communicator_.handle()), "MPI_Send");
  }

  const Communicator& communicator_;
  bool exhausted_ = false;
};

BlockClaims::BlockClaims(const Communicator& communicator, const std::vector<bool>& is_done)
    : communicator_(std::make_unique<Communicator>(communicator.duplicate())) {
  if (communicator_->is_root())
    service_ = std::make_unique<Service>(*communicator_, is_done);
  else
    client_ = std::make_unique<Client>(*communicator_);
}

BlockClaims::~BlockClaims() = default;

std::optional<std::uint64_t> BlockClaims::next() {
  return client_ ? client_->take() : service_->board().take(0);
}

std::optional<std::uint64_t> BlockClaims::handed_out() const {
  if (!service_) return std::nullopt;
  return service_->board().handed_out();
}

void BlockClaims::stop() { client_ ? client_->stop() : service_->board().stop(); }

void BlockClaims::finish() {
  if (client_)
    client_->leave();
  else
    service_->wait_for_clients();
  MPI_Request all_left = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(communicator_->handle(), &all_left), "MPI_Ibarrier");
  wait(all_left, "MPI_Test");
}

}  // namespace winnow::mpi
