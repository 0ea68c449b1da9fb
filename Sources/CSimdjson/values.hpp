// What a value becomes where its field wants another form: numbers as texts, texts that are too long.
#pragma once
#define XXH_INLINE_ALL
#include <xxhash.h>
#include "decoder.hpp"

namespace stillwatch {

/// A scalar of the document: a text without escapes, or a number, or one of the three names.
struct Scalar {
  enum Type : uint8_t { text, number, yes, no, null } type = null;
  bool lone_surrogate = false;
  sw_slice bytes;  // of a number: as it is written
  Decimal decimal;
};

inline sw_slice literal(const char *text) {
  return {reinterpret_cast<const uint8_t *>(text), std::strlen(text)};
}

/// Bytes of the longest spelling that `spell` writes: sign, 19 digits, 18 zeros or `0.` and as many.
constexpr size_t max_spelling = 48;

/// Writes a number without an exponent and without zeros that say nothing, so that equal numbers have one
/// spelling; 0 where it has more digits than are kept, or is too large or too small.
inline size_t spell(const Decimal &d, uint8_t *out) {
  uint64_t mantissa = d.mantissa;
  int32_t exponent = mantissa == 0 ? 0 : d.exponent;
  if (d.cut || exponent > 18 || exponent < -37) return 0;
  for (; exponent < 0 && mantissa % 10 == 0; exponent++) mantissa /= 10;
  uint8_t digits[20];
  int32_t count = 0, n = 0;
  for (uint64_t rest = mantissa; rest > 0 || count == 0; rest /= 10) {
    digits[count++] = uint8_t('0' + rest % 10);
  }
  if (exponent < -18) return 0;
  if (d.negative && mantissa != 0) out[n++] = '-';
  if (count + exponent <= 0) {
    out[n++] = '0';
    out[n++] = '.';
    for (int32_t i = count + exponent; i < 0; i++) out[n++] = '0';
  }
  for (int32_t i = count; i > 0; i--) {
    out[n++] = digits[i - 1];
    if (i > 1 && i - 1 == -exponent) out[n++] = '.';
  }
  for (; exponent > 0; exponent--) out[n++] = '0';
  return size_t(n);
}

/// Whether a number is written as `spell` would write it.
inline bool is_spelled(const sw_slice &token, const Decimal &d) {
  for (uint64_t i = 0; i < token.count; i++) {
    if ((token.start[i] | 0x20) == 'e') return false;
  }
  const bool ends_in_zero = d.exponent < 0 && d.mantissa % 10 == 0;
  return token.count > 0 && !ends_in_zero && !(d.negative && d.mantissa == 0);
}

/// The text a number is: as it is written where `spell` has no other spelling for it.
inline sw_slice spelling(sw_decoder &d, const Scalar &value) {
  if (is_spelled(value.bytes, value.decimal)) return value.bytes;
  uint8_t text[max_spelling];
  const size_t count = spell(value.decimal, text);
  uint8_t *const space = count > 0 ? d.reserve(count) : nullptr;
  if (!space) return value.bytes;
  std::memcpy(space, text, count);
  return {space, count};
}

/// Bytes that end a shortened text: `~` and 32 hexadecimal digits.
constexpr uint64_t digest_bytes = 33;

/// A text of at most `limit` bytes that stands for a longer one: its beginning, cut between characters, and
/// the XXH3-128 of all of it. So equal texts stay equal and others differ. Null where memory is used up.
inline sw_slice shortened(sw_decoder &d, const sw_slice &text, uint64_t limit) {
  static const char digits[] = "0123456789abcdef";
  uint8_t *const space = d.reserve(limit);
  if (!space) return {nullptr, 0};
  const XXH128_hash_t hash = XXH3_128bits(text.start, text.count);
  uint64_t kept = limit - digest_bytes;
  while (kept > 0 && (text.start[kept] & 0xC0) == 0x80) kept--;
  std::memmove(space, text.start, kept);
  uint8_t *out = space + kept;
  *out++ = '~';
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = digits[(hash.high64 >> shift) & 15];
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = digits[(hash.low64 >> shift) & 15];
  return {space, kept + digest_bytes};
}

}  // namespace stillwatch
