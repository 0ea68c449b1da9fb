#pragma once
// XXH3 as inline code, and two hints to the machine that Swift has no words for.
#define XXH_INLINE_ALL
#include <sys/mman.h>
#include <xxhash.h>

static inline uint64_t stillwatch_xxh3(const void *bytes, size_t count, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}
/// Brings the cache line at `address` near, for writing.
static inline void stillwatch_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }
/// Asks for huge pages; a refusal changes nothing but speed.
static inline void stillwatch_advise_huge(void *start, size_t count) {
#ifdef MADV_HUGEPAGE
  (void)madvise(start, count, MADV_HUGEPAGE);
#endif
}
