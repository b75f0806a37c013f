#include "pipeline/torchrun.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/progress.hpp"
#include "model/weight_files.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/engine_process.hpp"
#include "pipeline/engine_script.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/torchrun_files.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Between two looks of all ranks at how the others' processes are.
constexpr std::chrono::milliseconds kPeriod(200);
constexpr int kInterrupted = static_cast<int>(core::ExitCode::interrupted);
constexpr double kNever = std::numeric_limits<double>::infinity();

/// A socket on which process 0 waits for the others, open before anyone is told of its port.
class Rendezvous {
 public:
  Rendezvous() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || ::bind(socket_, any, size) != 0 || ::listen(socket_, SOMAXCONN) != 0 ||
        ::getsockname(socket_, any, &size) != 0)
      throw core::EnvironmentError(
          fmt::format("no socket for the engine's processes to meet: {}", std::strerror(errno)));
    port_ = ntohs(address.sin_port);
  }
  ~Rendezvous() { ::close(socket_); }
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0)
    throw core::EnvironmentError(fmt::format("gethostname: {}", std::strerror(errno)));
  return name.data();
}

/// The engine's processes, one of each rank, from their start to their end.
class Torchrun {
 public:
  Torchrun(Context& context, const TorchrunWork& work)
      : context_(context),
        ranks_(context.communicator),
        job_(*context.job.finetune),
        work_(work),
        files_{work.checkpoints.engine()},
        log_(context.folder.training_log_folder() /
             fmt::format("torchrun.rank-{}.log", ranks_.rank())) {}

  TorchrunPace run() {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      expect_room();
      files_.write(work_, job_);
    });
    start();
    while (mpi::sum(ranks_, std::uint64_t{is_running()}) > 0) {
      mpi::agree_on(ranks_, [&] { listen(); });
      const bool stops = mpi::max(ranks_, std::uint64_t{context_.stop_requested}) > 0;
      if (stops && !std::exchange(is_stopping_, true)) process_->ask_to_stop();
      end_with_the_others();
    }
    stop_if_requested(context_);
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root() && !is_done_)
        throw core::InternalError("broken invariant: the engine ended well without a model");
    });
    if (progress_) progress_->finish();
    return pace_;
  }

 private:
  [[nodiscard]] bool is_running() const { return !process_->status(); }

  /// Weights and two moments of the states, of which a third is written before the first goes.
  void expect_room() const {
    std::uint64_t elements = 0;
    for (const auto& [dtype, count] : model::WeightFiles(job_.model.path).elements())
      elements += count;
    const std::uint64_t model = elements * (job_.model.dtype == "bf16" ? 2 : 4);
    work_.checkpoints.expect_room((2 + std::min(job_.keep, job_.epochs - 1)) * model +
                                  3 * 3 * sizeof(float) * elements);
  }

  void start() {
    const mpi::NodePlace place = mpi::node_place(ranks_);
    std::optional<Rendezvous> rendezvous;
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root()) rendezvous.emplace();
    });
    const bool is_one_machine = place.size == ranks_.size();
    const std::string meeting =
        mpi::broadcast(ranks_, rendezvous ? fmt::format("MASTER_ADDR={}\nMASTER_PORT={}",
                                                        is_one_machine ? "127.0.0.1" : host_name(),
                                                        rendezvous->port())
                                          : std::string());
    const std::size_t line = meeting.find('\n');
    EngineCommand command;
    command.arguments = engine_script("finetune_torchrun.py");
    command.arguments.push_back(std::filesystem::absolute(files_.recipe()).string());
    command.variables = {meeting.substr(0, line),
                         meeting.substr(line + 1),
                         fmt::format("RANK={}", ranks_.rank()),
                         fmt::format("WORLD_SIZE={}", ranks_.size()),
                         fmt::format("LOCAL_RANK={}", place.rank),
                         fmt::format("LOCAL_WORLD_SIZE={}", place.size),
                         fmt::format("OMP_NUM_THREADS={}", work_.binding.at("threads").dump()),
                         "HF_HUB_OFFLINE=1",
                         "PYTHONUNBUFFERED=1",
                         "PYTHONDONTWRITEBYTECODE=1"};
    command.log = log_;
    if (rendezvous) command.listening = rendezvous->socket();
    mpi::agree_on(ranks_, [&] { process_.emplace(command); });
    began_ = Clock::now();
  }

  /// What this rank's process tells within a period.
  void listen() {
    const Clock::time_point end = Clock::now() + kPeriod;
    for (Clock::time_point now; (now = Clock::now()) < end;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
      for (const std::string& line : process_->lines(left)) take(Json::parse(line));
      if (!is_running() && !failed_at_ && process_->status() != 0) failed_at_ = elapsed();
    }
  }

  void take(const Json& event) {
    const std::string& name = event.at("event").get_ref<const std::string&>();
    if (name == "error") {
      failed_at_ = elapsed();
      failure_ = {static_cast<core::ExitCode>(event.at("code").get<int>()), event.at("message")};
    } else if (name == "begin") {
      begin(event.at("step"));
    } else if (name == "step") {
      report(event);
    } else if (name == "model") {
      take_model(event.at("step"), event.at("folder").get<std::string>());
    }
  }

  void take_model(std::uint64_t step, const std::filesystem::path& folder) {
    const std::uint64_t epoch = work_.ends.at(step);
    const bool is_final = epoch == job_.epochs;
    is_done_ = step == work_.ends.rbegin()->first;
    take_back(folder, is_final ? work_.checkpoints.final() : work_.checkpoints.epoch(epoch), job_,
              key_of(work_.binding));
    // What is done in parts goes on from its last part's model.
    work_.checkpoints.drop_epochs(is_done_ && !is_final ? std::max<std::uint64_t>(job_.keep, 1)
                                                        : job_.keep);
  }

  void begin(std::uint64_t step) {
    if (step > 0) context_.log.write("finetune", fmt::format("going on behind step {}", step));
    steps_.emplace(context_.folder.steps_log(), step);
    progress_.emplace(context_.log, "finetune", "steps", work_.options.rate.steps, step);
  }

  void report(const Json& event) {
    training::StepReport report;
    report.step = event.at("step");
    report.loss = event.at("loss");
    report.learning_rate = event.at("lr");
    report.gradient_norm = event.at("grad_norm");
    for (const auto& shard : work_.batches.at(report.step - 1 - work_.before).shards)
      for (const std::uint64_t place : shard) {
        const training::TrainingRow& row = work_.rows[place];
        ++report.rows;
        report.tokens += row.ids.size();
        report.targets += row.target_count();
      }
    const double seconds = event.at("seconds");
    steps_.value().write(report, work_.ends.lower_bound(report.step)->second, seconds);
    pace_.tokens += report.tokens;
    pace_.seconds += seconds;
    progress_->advance(1);
  }

  /// One that failed takes the others with it: they would wait for it for ever.
  void end_with_the_others() {
    const double own = failed_at_.value_or(kNever);
    const double first = mpi::min(ranks_, own);
    if (first == kNever) return;
    const bool has_saved = mpi::max(ranks_, std::uint64_t(process_->status().value_or(0) == 0 ||
                                                          process_->status() == kInterrupted)) > 0;
    if (is_stopping_ && has_saved && mpi::sum(ranks_, std::uint64_t{failed_badly()}) == 0) return;
    process_->kill();
    if (is_stopping_) stop_if_requested(context_);
    std::optional<mpi::Failure> failure;
    if (own == first) failure = failure_.value_or(unexplained());
    if (failure)
      failure->message = fmt::format("finetune.engine: torchrun: process {}: {}; see {}",
                                     ranks_.rank(), failure->message, log_.string());
    mpi::agree(ranks_, failure);
  }

  /// It ended, but not as one that was asked to.
  [[nodiscard]] bool failed_badly() const {
    return failure_ || (failed_at_ && process_->status() != kInterrupted);
  }

  [[nodiscard]] mpi::Failure unexplained() const {
    return {core::ExitCode::environment, unexplained_end(process_->status().value_or(0), log_)};
  }

  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - began_).count();
  }

  Context& context_;
  const mpi::Communicator& ranks_;
  const FinetuneJob& job_;
  const TorchrunWork& work_;
  TorchrunFiles files_;
  std::filesystem::path log_;
  std::optional<EngineProcess> process_;
  std::optional<StepsLog> steps_;
  std::optional<core::Progress> progress_;
  Clock::time_point began_;
  std::optional<double> failed_at_;
  std::optional<mpi::Failure> failure_;
  bool is_stopping_ = false;
  bool is_done_ = false;
  TorchrunPace pace_;
};

}  // namespace

TorchrunPace train_by_torchrun(Context& context, const TorchrunWork& work) {
  return Torchrun(context, work).run();
}

}  // namespace winnow::pipeline
