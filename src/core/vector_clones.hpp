#pragma once

/// One body, compiled for several instruction sets and chosen when the program starts. A
/// sanitizer's run-time is not up yet when the choice is made, so sanitized builds have the plain
/// body only.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WINNOW_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WINNOW_VECTOR_CLONES
#endif
