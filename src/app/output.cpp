#include "app/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::app {

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw core::EnvironmentError(
        fmt::format("standard output: cannot be written: {}", std::strerror(errno)));
}

void warn(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace winnow::app
