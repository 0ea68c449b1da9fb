// Bytes of JSON strings: escapes, and names compared by two words and a length.
#pragma once
#include <cstdint>
#include <cstring>

#define SW_INLINE __attribute__((always_inline)) inline
#define SW_COLD __attribute__((noinline, cold))

namespace stillwatch {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "names are compared as little-endian words");

inline uint64_t load8(const uint8_t *p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

/// A name with what comparing it takes: exact up to 16 bytes without a loop.
struct Name {
  const uint8_t *start;
  uint64_t count, head, tail;

  /// Reads up to eight bytes behind the name. No branch depends on the length: lengths vary, and a
  /// mispredicted branch costs more than all of this.
  Name(const uint8_t *start, uint64_t count) : start(start), count(count) {
    const uint64_t mask = count < 8 ? (uint64_t(1) << (8 * count)) - 1 : ~uint64_t(0);
    head = load8(start) & mask;
    tail = load8(start + (count > 8 ? count - 8 : 0)) & mask;
  }

  uint64_t hash(uint64_t seed) const {
    const uint64_t h = ((head + count) * 0x9E3779B97F4A7C15u ^ (tail + seed)) * 0xD6E8FEB86659FD93u;
    return h >> 32;
  }

  bool operator==(const Name &other) const {
    return head == other.head && tail == other.tail && count == other.count &&
           (count <= 16 || std::memcmp(start + 8, other.start + 8, count - 16) == 0);
  }
};

enum class Escapes { valid, malformed, lone_surrogate };

inline int hex4(const uint8_t *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    const uint8_t c = p[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

inline uint8_t *put_utf8(uint8_t *out, uint32_t c) {
  if (c < 0x80) {
    *out++ = uint8_t(c);
  } else if (c < 0x800) {
    *out++ = uint8_t(0xC0 | (c >> 6));
    *out++ = uint8_t(0x80 | (c & 63));
  } else if (c < 0x10000) {
    *out++ = uint8_t(0xE0 | (c >> 12));
    *out++ = uint8_t(0x80 | ((c >> 6) & 63));
    *out++ = uint8_t(0x80 | (c & 63));
  } else {
    *out++ = uint8_t(0xF0 | (c >> 18));
    *out++ = uint8_t(0x80 | ((c >> 12) & 63));
    *out++ = uint8_t(0x80 | ((c >> 6) & 63));
    *out++ = uint8_t(0x80 | (c & 63));
  }
  return out;
}

inline int simple_escape(uint8_t c) {
  switch (c) {
  case '"': case '\\': case '/': return c;
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  default: return -1;
  }
}

/// Reads the code point of the `\u` escape at `p` (at the backslash) and moves `p` behind it.
/// A surrogate without its other half is returned as it is; -1 where the escape is malformed.
inline int32_t unicode_escape(const uint8_t *&p, const uint8_t *end) {
  if (end - p < 6) return -1;
  const int first = hex4(p + 2);
  if (first < 0) return -1;
  p += 6;
  if (first < 0xD800 || first > 0xDBFF) return first;
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return first;
  const int second = hex4(p + 2);
  if (second < 0xDC00 || second > 0xDFFF) return first;
  p += 6;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

/// Undoes the escapes of [start, start + count) and writes the text to `out`, which may be `start`:
/// a text is never longer than its escaped form. With `out` null the escapes are only checked. Half a
/// surrogate pair becomes U+FFFD and is reported.
inline Escapes unescape(const uint8_t *start, uint64_t &count, uint8_t *out) {
  const uint8_t *p = start, *end = start + count;
  uint8_t *to = out;
  Escapes verdict = Escapes::valid;
  while (p < end) {
    if (*p != '\\') {
      if (out) *to++ = *p;
      p++;
      continue;
    }
    if (end - p < 2) return Escapes::malformed;
    if (p[1] != 'u') {
      const int c = simple_escape(p[1]);
      if (c < 0) return Escapes::malformed;
      if (out) *to++ = uint8_t(c);
      p += 2;
      continue;
    }
    const int32_t c = unicode_escape(p, end);
    if (c < 0) return Escapes::malformed;
    const bool lone = c >= 0xD800 && c <= 0xDFFF;
    if (lone) verdict = Escapes::lone_surrogate;
    if (out) to = put_utf8(to, lone ? 0xFFFD : uint32_t(c));
  }
  if (out) count = uint64_t(to - out);
  return verdict;
}

}  // namespace stillwatch
