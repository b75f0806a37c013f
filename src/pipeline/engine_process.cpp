#include "pipeline/engine_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::pipeline {
namespace {

constexpr int kMostDescriptors = 4096;

bool is_of_mpi(std::string_view variable) {
  for (const std::string_view prefix : {"OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDRA_"})
    if (variable.starts_with(prefix)) return true;
  return false;
}

std::vector<std::string> environment_of(const EngineCommand& command) {
  std::vector<std::string> all = command.variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    bool is_named = false;
    for (const std::string& own : command.variables)
      if (variable.starts_with(own.substr(0, own.find('=') + 1))) is_named = true;
    if (!is_named && !is_of_mpi(variable)) all.emplace_back(variable);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Everything between fork and exec, where only what is safe in a signal handler may be called.
[[noreturn]] void become(char* const* arguments, char* const* variables, int log, int events,
                         int listening, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  for (int descriptor = STDERR_FILENO + 1; descriptor < kMostDescriptors; ++descriptor)
    ::fcntl(descriptor, F_SETFD, descriptor == events || descriptor == listening ? 0 : FD_CLOEXEC);
  ::execve(arguments[0], arguments, variables);
  ::_exit(127);
}

[[noreturn]] void fail(const std::string& what) {
  throw core::EnvironmentError(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

EngineProcess::EngineProcess(const EngineCommand& command) {
  if (::access(command.arguments.front().c_str(), X_OK) != 0)
    fail(fmt::format("{}: cannot be run", command.arguments.front()));
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) fail("pipe");
  const int log = ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (log < 0) {
    const int reason = errno;
    ::close(pipe[0]);
    ::close(pipe[1]);
    errno = reason;
    fail(fmt::format("{}: cannot be written", command.log.string()));
  }
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> variables = environment_of(command);
  variables.push_back(fmt::format("WINNOW_EVENTS={}", pipe[1]));
  if (command.listening)
    variables.push_back(fmt::format("WINNOW_LISTENING={}", *command.listening));
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ == 0)
    become(argument_pointers.data(), variable_pointers.data(), log, pipe[1],
           command.listening.value_or(-1), parent);
  const int reason = errno;
  ::close(pipe[1]);
  ::close(log);
  events_ = pipe[0];
  errno = reason;
  if (process_ < 0) {
    ::close(events_);
    fail("fork");
  }
}

EngineProcess::~EngineProcess() {
  kill();
  ::close(events_);
}

std::vector<std::string> EngineProcess::lines(std::chrono::milliseconds most) {
  std::vector<std::string> found;
  pollfd waited{status_ ? -1 : events_, POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(most.count())) <= 0) return found;
  std::array<char, 4096> piece{};
  const ssize_t size = ::read(events_, piece.data(), piece.size());
  if (size > 0) unread_.append(piece.data(), static_cast<std::size_t>(size));
  if (size == 0) {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  for (std::size_t end; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1))
    found.push_back(unread_.substr(0, end));
  return found;
}

void EngineProcess::ask_to_stop() {
  if (!status_) ::kill(process_, SIGTERM);
}

void EngineProcess::kill() {
  if (status_) return;
  ::kill(process_, SIGKILL);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = 128 + SIGKILL;
}

}  // namespace winnow::pipeline
