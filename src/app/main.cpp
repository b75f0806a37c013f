#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>

#include "app/command_line.hpp"
#include "app/compare_command.hpp"
#include "app/explain_command.hpp"
#include "app/export_command.hpp"
#include "app/guard.hpp"
#include "app/inspect_command.hpp"
#include "app/run_command.hpp"
#include "app/tokenize_command.hpp"
#include "core/error.hpp"
#include "mpi/environment.hpp"

namespace {

std::atomic<bool> stop_requested = false;

extern "C" void request_stop(int) { stop_requested.store(true); }

}  // namespace

int main(int argc, char** argv) {
  using namespace winnow;
  const app::Parsed parsed = app::parse_command_line(argc, argv);
  // Outside the guard: it must not finalize while an error unwinds.
  std::optional<mpi::Environment> environment;
  try {
    environment.emplace(argc, argv);
  } catch (const core::Error& error) {
    std::fprintf(stderr, "winnow: %s\n", core::one_line(error.what()).c_str());
    return static_cast<int>(error.code());
  }
  const mpi::Communicator world = mpi::Communicator::world();
  if (!parsed.command_line) {
    if (world.is_root()) std::fputs(parsed.output.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  return app::guarded(world, [&] {
    if (parsed.command_line->command == "inspect")
      return app::inspect_command(world, *parsed.command_line);
    if (parsed.command_line->command == "compare")
      return app::compare_command(world, *parsed.command_line);
    if (parsed.command_line->command == "explain")
      return app::explain_command(world, *parsed.command_line);
    if (parsed.command_line->command == "export")
      return app::export_command(world, *parsed.command_line);
    if (parsed.command_line->command == "tokenize")
      return app::tokenize_command(world, *parsed.command_line);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) std::signal(signal, request_stop);
    return app::run_command(world, *parsed.command_line, stop_requested);
  });
}
