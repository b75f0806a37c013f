#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace winnow::app {

/// What the user typed, checked as far as words go.
struct CommandLine {
  std::string command;        ///< run, index, score, select, finetune, iterate, study, generate,
                              ///< evaluate, inspect, compare, explain, export, tokenize
  std::filesystem::path job;  ///< explain, export: or a run folder
  std::vector<std::string> overrides;
  std::optional<std::filesystem::path> out;
  int threads = 1;
  bool profile = false;
  bool check_only = false;
  bool json = false;
  std::filesystem::path file;                ///< inspect
  std::vector<std::filesystem::path> paths;  ///< compare
  std::optional<std::filesystem::path> csv;  ///< compare
  std::vector<std::uint64_t> rows;           ///< explain
  std::optional<std::uint64_t> sample;       ///< explain, instead of rows
  std::string tool;                          ///< export
  std::filesystem::path model;               ///< tokenize
  std::filesystem::path texts;               ///< tokenize
  bool offsets = false;                      ///< tokenize
  bool decode = false;                       ///< tokenize
};

/// The result of parsing: a command to run, or text to print and the exit code to leave with (help,
/// version, a wrong flag).
struct Parsed {
  std::optional<CommandLine> command_line;
  std::string output;
  int exit_code = 0;
};

[[nodiscard]] Parsed parse_command_line(int argc, const char* const* argv);

}  // namespace winnow::app
