// Date-times to milliseconds since the Unix epoch: RFC 3339 and how databases and languages spell it.
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

/// The zone of times that name none.
struct Zone {
  bool is_known = false;
  int32_t minutes = 0;
};

enum class TimeText { valid, malformed, no_zone };

inline bool is_letter(uint8_t c) { return uint8_t((c | 0x20) - 'a') < 26; }

inline bool is_utc(const uint8_t *p, const uint8_t *end) {
  if (end - p == 1) return (*p | 0x20) == 'z';
  if (end - p != 3) return false;
  const uint8_t name[3] = {uint8_t(p[0] | 0x20), uint8_t(p[1] | 0x20), uint8_t(p[2] | 0x20)};
  return std::memcmp(name, "utc", 3) == 0 || std::memcmp(name, "gmt", 3) == 0;
}

/// A zone's abbreviation behind an offset that says it already, as in `+0200 CEST`.
inline const uint8_t *without_abbreviation(const uint8_t *p, const uint8_t *end) {
  const uint8_t *rest = end;
  while (rest > p && is_letter(rest[-1]) && end - rest < 5) rest--;
  return rest > p + 1 && rest < end && rest[-1] == ' ' ? rest - 1 : end;
}

/// A sign, hours and perhaps minutes: `+02:00`, `+0200`, `+02`.
inline bool parse_signed(const uint8_t *p, const uint8_t *end, int64_t &minutes) {
  if (*p != '+' && *p != '-') return false;
  end = without_abbreviation(p, end);
  const bool has_colon = end - p == 6 && p[3] == ':';
  if (!has_colon && end - p != 5 && end - p != 3) return false;
  const uint32_t hour = two_digits(p + 1);
  const uint32_t minute = end - p == 3 ? 0 : two_digits(p + (has_colon ? 4 : 3));
  if (hour > 23 || minute > 59) return false;
  minutes = int64_t(hour * 60 + minute) * (*p == '-' ? -1 : 1);
  return true;
}

/// What stands behind the seconds, up to the end of the text: `Z`, `UTC`, an offset, or nothing, which is
/// the time in `zone`.
inline TimeText parse_offset(
    const uint8_t *p, const uint8_t *end, const Zone &zone, int64_t &minutes) {
  while (p < end && *p == ' ') p++;
  minutes = zone.minutes;
  if (p == end) return zone.is_known ? TimeText::valid : TimeText::no_zone;
  minutes = 0;
  return is_utc(p, end) || parse_signed(p, end, minutes) ? TimeText::valid : TimeText::malformed;
}

/// Reads the digits behind a point or comma as milliseconds; what is finer is cut.
inline bool parse_fraction(const uint8_t *&p, const uint8_t *end, int64_t &ms) {
  ms = 0;
  if (p == end || (*p != '.' && *p != ',')) return true;
  const uint8_t *first = ++p;
  for (int64_t unit = 100; p < end && is_digit(*p); p++, unit /= 10) ms += unit * (*p - '0');
  return p > first;
}

/// Reads a date-time; a space or `t` may stand for `T`. Fractions are cut to milliseconds; a leap second
/// counts as the last millisecond before it.
inline TimeText parse_time(const uint8_t *p, uint64_t count, const Zone &zone, int64_t &ms) {
  const TimeText bad = TimeText::malformed;
  if (count < 19 || p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':') return bad;
  if (p[10] != 'T' && p[10] != 't' && p[10] != ' ') return bad;
  const uint32_t century = two_digits(p), of_century = two_digits(p + 2);
  const uint32_t month = two_digits(p + 5), day = two_digits(p + 8);
  const uint32_t hour = two_digits(p + 11), minute = two_digits(p + 14);
  uint32_t second = two_digits(p + 17);
  if (century > 99 || of_century > 99 || hour > 23 || minute > 59 || second > 60) return bad;
  const uint32_t year = century * 100 + of_century;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return bad;

  const uint8_t *end = p + count, *rest = p + 19;
  int64_t fraction, offset;
  if (!parse_fraction(rest, end, fraction)) return bad;
  const TimeText verdict = parse_offset(rest, end, zone, offset);
  if (verdict != TimeText::valid) return verdict;
  if (second == 60) {
    second = 59;
    fraction = 999;
  }
  const int64_t minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset;
  ms = (minutes * 60 + second) * 1000 + fraction;
  return TimeText::valid;
}

}  // namespace stillwatch
