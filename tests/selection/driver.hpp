#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"

// Of the programs that parity scripts and benchmarks run, alone or under mpirun.

namespace winnow {

/// The next `count` values of a file.
template <class T>
std::vector<T> read(std::ifstream& file, std::uint64_t count) {
  std::vector<T> values(count);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) throw std::runtime_error("the file is too short");
  return values;
}

/// Collective. How long `work` takes the slowest rank.
template <class Work>
double seconds_of(const mpi::Communicator& world, const Work& work) {
  mpi::barrier(world);
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return mpi::max(world, taken.count());
}

/// The main of a driver: root prints the JSON that `run(world, arguments)` returns; an error of any
/// rank goes to stderr and ends them all with 1.
template <class Run>
int run_driver(int argc, char** argv, const Run& run) {
  const mpi::Environment environment(argc, argv);
  const std::vector<std::string> arguments(argv, argv + argc);
  try {
    const mpi::Communicator world = mpi::Communicator::world();
    const nlohmann::json report = run(world, arguments);
    if (world.is_root()) std::cout << report.dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << std::filesystem::path(arguments.front()).filename().string() << ": "
              << error.what() << '\n';
    mpi::Environment::abort(1);
  }
}

}  // namespace winnow
