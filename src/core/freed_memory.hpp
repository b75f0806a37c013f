#pragma once

namespace winnow::core {

/// From here on memory that is freed stays with the process, but for blocks above 32 MiB (glibc;
/// nothing elsewhere): arrays of some MiB that come and go are not fetched from the kernel page by
/// page each time.
void keep_freed_memory();

}  // namespace winnow::core
