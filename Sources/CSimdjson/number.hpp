// Numbers of JSON as exact decimals: whether one is an integer is decided without floating point.
#pragma once
#include <cstdint>

namespace stillwatch {

/// mantissa * 10^exponent; `cut` when nonzero digits beyond the 19th were dropped.
struct Decimal {
  uint64_t mantissa = 0;
  int32_t exponent = 0;
  bool negative = false, cut = false;
};

enum class Whole { exact, fraction, overflow };

inline bool is_digit(uint8_t c) { return uint8_t(c - '0') < 10; }

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

/// Reads [p, end) as a JSON number; false unless all of it is one.
inline bool parse_decimal(const uint8_t *p, const uint8_t *end, Decimal &d) {
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

/// The value times 10^shift, rounded towards zero, with what was lost.
inline Whole whole(Decimal d, int32_t shift, int64_t &value) {
  value = 0;
  if (d.mantissa == 0) return Whole::exact;
  int32_t exponent = d.exponent + shift;
  bool fraction = d.cut;
  for (; exponent < 0 && d.mantissa > 0; exponent++) {
    fraction |= d.mantissa % 10 != 0;
    d.mantissa /= 10;
  }
  for (; exponent > 0 && d.mantissa > 0; exponent--) {
    if (d.mantissa > 900000000000000000u) return Whole::overflow;
    d.mantissa *= 10;
  }
  if (d.mantissa > 9223372036854775807u) return Whole::overflow;
  value = d.negative ? -int64_t(d.mantissa) : int64_t(d.mantissa);
  return fraction ? Whole::fraction : Whole::exact;
}

}  // namespace stillwatch
