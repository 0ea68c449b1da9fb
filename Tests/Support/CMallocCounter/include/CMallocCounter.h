#pragma once
#include <stdint.h>

/// Heap allocations (malloc, calloc, realloc, aligned_alloc, posix_memalign) made by the calling
/// thread since it started. 0 for ever where a sanitizer owns malloc.
uint64_t stillwatch_malloc_count(void);
/// 1 where counting works, 0 where a sanitizer owns malloc.
int stillwatch_malloc_counts(void);
