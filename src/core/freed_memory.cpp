#include "core/freed_memory.hpp"

#include <limits>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace winnow::core {

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // The largest that glibc takes.
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace winnow::core
