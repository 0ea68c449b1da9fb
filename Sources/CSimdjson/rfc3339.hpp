// RFC 3339 date-times to milliseconds since the Unix epoch.
#pragma once
#include <cstdint>
#include "number.hpp"

namespace stillwatch {

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms").
inline int64_t days_from_civil(int64_t year, uint32_t month, uint32_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const uint32_t of_era = uint32_t(year - era * 400);
  const uint32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + int64_t(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

inline uint32_t days_in_month(uint32_t year, uint32_t month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Two digits as a number, or 255.
inline uint32_t two_digits(const uint8_t *p) {
  return is_digit(p[0]) && is_digit(p[1]) ? uint32_t(p[0] - '0') * 10 + (p[1] - '0') : 255;
}

/// `Z`, or a sign, hours and minutes, up to the end of the text.
inline bool parse_offset(const uint8_t *p, const uint8_t *end, int64_t &minutes) {
  minutes = 0;
  if (end - p == 1) return *p == 'Z' || *p == 'z';
  if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return false;
  const uint32_t hour = two_digits(p + 1), minute = two_digits(p + 4);
  if (hour > 23 || minute > 59) return false;
  minutes = int64_t(hour * 60 + minute) * (*p == '-' ? -1 : 1);
  return true;
}

/// Reads a date-time; a space or `t` may stand for `T`. Fractions are cut to milliseconds; a leap second
/// counts as the last millisecond before it.
inline bool parse_rfc3339(const uint8_t *p, uint64_t count, int64_t &ms) {
  if (count < 20 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':') return false;
  if (p[10] != 'T' && p[10] != 't' && p[10] != ' ') return false;
  const uint32_t century = two_digits(p), of_century = two_digits(p + 2);
  const uint32_t month = two_digits(p + 5), day = two_digits(p + 8);
  const uint32_t hour = two_digits(p + 11), minute = two_digits(p + 14);
  uint32_t second = two_digits(p + 17);
  if (century > 99 || of_century > 99 || hour > 23 || minute > 59 || second > 60) return false;
  const uint32_t year = century * 100 + of_century;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;

  const uint8_t *end = p + count, *rest = p + 19;
  int64_t fraction = 0;
  if (*rest == '.') {
    const uint8_t *first = ++rest;
    for (int64_t unit = 100; rest < end && is_digit(*rest); rest++, unit /= 10) {
      fraction += unit * (*rest - '0');
    }
    if (rest == first) return false;
  }
  int64_t offset;
  if (!parse_offset(rest, end, offset)) return false;
  if (second == 60) {
    second = 59;
    fraction = 999;
  }
  const int64_t minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset;
  ms = (minutes * 60 + second) * 1000 + fraction;
  return true;
}

}  // namespace stillwatch
