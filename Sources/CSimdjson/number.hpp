// Numbers of JSON as exact decimals: whether one is an integer is decided without floating point.
#pragma once
#include <cstdint>
#include "CSimdjson.h"
#include "text.hpp"

namespace stillwatch {

/// mantissa * 10^exponent; `cut` when nonzero digits beyond the 19th were dropped.
struct Decimal {
  uint64_t mantissa = 0;
  int32_t exponent = 0;
  bool negative = false, cut = false;
};

enum class Whole { exact, fraction, overflow };

inline bool is_digit(uint8_t c) { return uint8_t(c - '0') < 10; }

/// Eight ASCII digits as a number, the first in the lowest byte; false when some byte is no digit.
inline bool eight_digits(uint64_t word, uint64_t &value) {
  const uint64_t high = (word + 0x4646464646464646u) | (word - 0x3030303030303030u);
  if (high & 0x8080808080808080u) return false;
  word -= 0x3030303030303030u;
  word = word * 10 + (word >> 8);
  value = ((word & 0x000000FF000000FFu) * 0x000F424000000064u +
           ((word >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >> 32;
  return true;
}

/// Reads a plain integer of at most 16 digits; false for any other number. Reads up to 16 bytes behind.
/// No branch depends on the number of digits but one, at eight.
inline bool parse_short(const uint8_t *p, uint64_t count, uint64_t &value) {
  if (count == 0 || count > 16 || (*p == '0' && count > 1)) return false;
  const uint64_t zeros = 0x3030303030303030u;
  const uint64_t low = count > 8 ? load8(p + count - 8) : load8(p);
  const uint64_t top = count > 8 ? count - 8 : count;
  // Digits move to the end of the word, zeros fill its front.
  const uint64_t lead = load8(p) << (8 * (8 - top)) | (top < 8 ? zeros >> (8 * top) : 0);
  uint64_t head, tail;
  if (!eight_digits(lead, head)) return false;
  if (count <= 8) {
    value = head;
    return true;
  }
  if (!eight_digits(low, tail)) return false;
  value = head * 100000000u + tail;
  return true;
}

inline void push_digit(Decimal &d, uint8_t digit, bool fraction) {
  if (d.mantissa < 1000000000000000000u) {
    d.mantissa = d.mantissa * 10 + digit;
    d.exponent -= fraction;
  } else {
    d.cut |= digit != 0;
    d.exponent += !fraction;
  }
}

/// Reads `e`, an optional sign and digits; false where there are none. Clamped far outside any range.
inline bool parse_exponent(const uint8_t *&p, const uint8_t *end, Decimal &d) {
  p++;
  bool negative = false;
  if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
  if (p == end || !is_digit(*p)) return false;
  int32_t exponent = 0;
  for (; p < end && is_digit(*p); p++) {
    if (exponent < 100000000) exponent = exponent * 10 + (*p - '0');
  }
  d.exponent += negative ? -exponent : exponent;
  return true;
}

/// Reads [p, end) as a JSON number of any form; false unless all of it is one.
inline bool parse_any(const uint8_t *p, const uint8_t *end, Decimal &d) {
  d = Decimal();
  if (p < end && *p == '-') {
    d.negative = true;
    p++;
  }
  if (p == end || !is_digit(*p)) return false;
  if (*p == '0') {
    p++;
  } else {
    for (; p < end && is_digit(*p); p++) push_digit(d, *p - '0', false);
  }
  if (p < end && *p == '.') {
    p++;
    if (p == end || !is_digit(*p)) return false;
    for (; p < end && is_digit(*p); p++) push_digit(d, *p - '0', true);
  }
  if (p < end && (*p == 'e' || *p == 'E') && !parse_exponent(p, end, d)) return false;
  return p == end;
}

/// Reads the text as a JSON number; false unless all of it is one. Reads up to 16 bytes behind it.
inline bool parse_decimal(const sw_slice &text, Decimal &d) {
  if (!parse_short(text.start, text.count, d.mantissa)) {
    return parse_any(text.start, text.start + text.count, d);
  }
  d.exponent = 0;
  d.negative = d.cut = false;
  return true;
}

/// Without the white space around it.
inline sw_slice trimmed(sw_slice text) {
  while (text.count > 0 && text.start[0] <= ' ') text = {text.start + 1, text.count - 1};
  while (text.count > 0 && text.start[text.count - 1] <= ' ') text.count--;
  return text;
}

/// The value times 10^shift, rounded towards zero, with what was lost.
inline Whole whole(const Decimal &d, int32_t shift, int64_t &value) {
  uint64_t mantissa = d.mantissa;
  int32_t exponent = d.exponent + shift;
  bool fraction = d.cut;
  for (; exponent < 0 && mantissa > 0; exponent++) {
    fraction |= mantissa % 10 != 0;
    mantissa /= 10;
  }
  for (; exponent > 0 && mantissa > 0; exponent--) {
    if (mantissa > 900000000000000000u) return Whole::overflow;
    mantissa *= 10;
  }
  if (mantissa > 9223372036854775807u) return Whole::overflow;
  value = d.negative ? -int64_t(mantissa) : int64_t(mantissa);
  return fraction ? Whole::fraction : Whole::exact;
}

/// The value times 10^places, rounded to the nearest, halves away from zero; false beyond 64 bits.
inline bool fixed_point(const Decimal &d, int32_t places, int64_t &value) {
  int64_t digits;
  if (whole(d, places + 1, digits) == Whole::overflow) return false;
  value = digits / 10 + (digits % 10 >= 5) - (digits % 10 <= -5);
  return true;
}

}  // namespace stillwatch
