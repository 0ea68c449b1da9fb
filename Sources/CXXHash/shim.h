#pragma once
#define XXH_INLINE_ALL
#include <xxhash.h>
static inline uint64_t stillwatch_xxh3(const void *bytes, size_t count, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes, count, seed);
}
static inline void stillwatch_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }
