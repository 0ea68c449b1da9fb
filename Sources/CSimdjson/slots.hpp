// From a scalar of the document to the slot its field has.
#pragma once
#include "outcome.hpp"
#include "values.hpp"

namespace stillwatch {

/// Fills slots. A value that cannot be used is left out, and its field gets a flaw; nothing is refused.
class Slots {
 public:
  explicit Slots(sw_decoder &decoder) : d(decoder) {}

  SW_INLINE void fill(const Leaf &leaf, const Scalar &value) {
    if (value.type == Scalar::null) return;
    if (leaf.field == SW_FINGERPRINTS) return fingerprint(leaf.item, leaf.rank, value);
    if (leaf.field == SW_SIGNALS) return signal(leaf.item, leaf.rank, value);
    if (leaf.field != SW_SKIP && outranked(leaf)) return;
    if (leaf.field < SW_TEXT_COUNT) return text(leaf, value);
    if (leaf.field >= SW_TIME) return leaf.field == SW_SKIP ? skip(value) : time(leaf, value);
    number(leaf, value);
  }

  SW_INLINE void fingerprint(uint32_t kind, uint8_t rank, const Scalar &value) {
    if (value.type == Scalar::null) return;
    const bool is_tracked = kind < SW_MAX_TRACKED;
    if (is_tracked && d.fingerprints.outranked(kind, rank)) return;
    sw_slice text;
    if (!read_text(SW_FINGERPRINTS, value, SW_MAX_TEXT_BYTES, text)) return;
    d.event.present |= 1u << SW_FINGERPRINTS;
    if (is_tracked) d.fingerprints.put(kind, rank, text);
  }

  __attribute__((noinline)) void signal(uint32_t name, uint8_t rank, const Scalar &value) {
    if (value.type == Scalar::null) return;
    if (name >= SW_MAX_TRACKED) return untracked_signal(value);
    if (d.signals.outranked(name, rank)) return;
    sw_slice text;
    if (value.type == Scalar::yes) {
      text = literal("true");
    } else if (value.type == Scalar::no) {
      text = literal("false");
    } else if (!read_text(SW_SIGNALS, value, SW_MAX_TEXT_BYTES, text)) {
      return;
    }
    int64_t number = 0;
    const bool has_number = signal_number(value, number);
    d.event.present |= 1u << SW_SIGNALS;
    d.signals.put(name, rank, text, has_number, number);
  }

  void flaw(uint32_t field, sw_flaw flaw) { d.flaw(field, flaw); }

  /// Whether a text needs no second look: it is neither long nor a placeholder.
  SW_INLINE bool is_plain(const sw_slice &text, uint64_t limit) const {
    return text.count <= limit && !d.placeholders.may_contain(text);
  }

  static uint64_t limit(uint32_t field) {
    return field == SW_ACCOUNT ? SW_MAX_ACCOUNT_BYTES : SW_MAX_TEXT_BYTES;
  }

  /// Whether a number is a whole one that every field with a number may hold.
  static bool is_plain(const Decimal &number) {
    const bool is_whole = number.exponent == 0 && !number.negative && !number.cut;
    return is_whole && number.mantissa <= uint64_t(SW_MAX_NUMBER);
  }

 private:
  sw_decoder &d;

  /// Whether a value of a better pointer is in the slot.
  bool outranked(const Leaf &leaf) const {
    return (d.event.present & (1u << leaf.field)) && d.ranks[leaf.field] < leaf.rank;
  }

  void take(const Leaf &leaf) {
    d.event.present |= 1u << leaf.field;
    d.ranks[leaf.field] = leaf.rank;
  }

  /// The text of at most `limit` bytes that a value is or spells; false where it is none.
  SW_INLINE bool read_text(
      uint32_t field, const Scalar &value, uint64_t limit, sw_slice &text) {
    text = value.bytes;
    const bool is_text = value.type == Scalar::text && !value.lone_surrogate;
    return (is_text && !d.current->is_repaired && is_plain(text, limit)) ||
           read_odd_text(field, value, limit, text);
  }

  SW_COLD bool read_odd_text(
      uint32_t field, const Scalar &value, uint64_t limit, sw_slice &text) {
    if (value.type == Scalar::text) {
      text = value.bytes;
    } else if (value.type == Scalar::number) {
      text = spelling(d, value);
    } else {
      flaw(field, SW_FLAW_WRONG_TYPE);
      return false;
    }
    if (text.count == 0) return false;
    if (d.placeholders.contains(text)) {
      flaw(field, SW_FLAW_PLACEHOLDER);
      return false;
    }
    if (value.lone_surrogate || (d.current->is_repaired && has_replacement(text))) {
      flaw(field, SW_FLAW_INVALID_UTF8);
    }
    return text.count <= limit || shorten(field, limit, text);
  }

  bool shorten(uint32_t field, uint64_t limit, sw_slice &text) {
    flaw(field, SW_FLAW_SHORTENED);
    text = shortened(d, text, limit);
    return text.count > 0;
  }

  static bool has_replacement(const sw_slice &text) {
    for (uint64_t i = 0; i + 3 <= text.count; i++) {
      if (std::memcmp(text.start + i, "\xEF\xBF\xBD", 3) == 0) return true;
    }
    return false;
  }

  SW_INLINE void text(const Leaf &leaf, const Scalar &value) {
    sw_slice text;
    if (!read_text(leaf.field, value, limit(leaf.field), text)) return;
    take(leaf);
    d.event.texts[leaf.field] = leaf.form == SW_ROLE ? without_session(text) : text;
  }

  /// A signal that no rule names is there or is not.
  void untracked_signal(const Scalar &value) {
    if (value.type != Scalar::text || value.bytes.count > 0) d.event.present |= 1u << SW_SIGNALS;
  }

  /// The number of thousandths that a signal is; a boolean is one unit or none.
  bool signal_number(const Scalar &value, int64_t &number) {
    Decimal parsed;
    const Decimal *decimal = read_number(value, parsed);
    if (!decimal) {
      number = value.type == Scalar::yes ? 1000 : 0;
      return value.type != Scalar::text;
    }
    if (is_plain(*decimal)) {
      number = int64_t(decimal->mantissa) * 1000;
      return true;
    }
    const int64_t largest = SW_MAX_NUMBER * 1000;
    if (fixed_point(*decimal, SW_SIGNAL_PLACES, number) && number <= largest && number >= -largest) {
      return true;
    }
    number = decimal->negative ? -largest : largest;
    flaw(SW_SIGNALS, SW_FLAW_RANGE);
    return true;
  }

  /// The number that `value` is or spells (then in `parsed`); null for none.
  static const Decimal *read_number(const Scalar &value, Decimal &parsed) {
    if (value.type == Scalar::number) return &value.decimal;
    const bool is_number = value.type == Scalar::text && value.bytes.count > 0 &&
                           parse_decimal(trimmed(value.bytes), parsed);
    return is_number ? &parsed : nullptr;
  }

  static bool in_range(int64_t n) { return n <= SW_MAX_NUMBER && n >= -SW_MAX_NUMBER; }

  /// The power of ten from the form's unit to milliseconds.
  static int32_t shift(sw_form form) {
    switch (form) {
    case SW_SECONDS: return 3;
    case SW_MICROSECONDS: return -3;
    case SW_NANOSECONDS: return -6;
    default: return 0;
    }
  }

  /// The power of ten for an epoch time whose unit is not given: from 2000 to 2100 the four cannot be
  /// mistaken for each other.
  static int32_t shift_by_magnitude(const Decimal &time) {
    int64_t n;
    if (whole(time, 0, n) == Whole::overflow) return -6;
    return n < 100000000000 ? 3 : n < 100000000000000 ? 0 : n < 100000000000000000 ? -3 : -6;
  }

  /// Notes why a value that is no number, or no time, is left out.
  SW_COLD void left_out(const Leaf &leaf, const Scalar &value, sw_flaw otherwise) {
    if (value.type != Scalar::text) return flaw(leaf.field, SW_FLAW_WRONG_TYPE);
    if (value.bytes.count == 0) return;
    if (d.placeholders.contains(value.bytes)) return flaw(leaf.field, SW_FLAW_PLACEHOLDER);
    flaw(leaf.field, otherwise);
  }

  /// The time a value tells in milliseconds, what is finer cut; false where it tells none.
  bool read_time(const Leaf &leaf, const Scalar &value, int64_t &ms) {
    Decimal parsed;
    if (const Decimal *decimal = read_number(value, parsed)) {
      const bool has_unit = leaf.form >= SW_SECONDS && leaf.form <= SW_NANOSECONDS;
      const int32_t power = has_unit ? shift(leaf.form) : shift_by_magnitude(*decimal);
      if (whole(*decimal, power, ms) == Whole::overflow) ms = 0;
      return true;
    }
    if (value.type != Scalar::text) return false;
    const sw_slice text = trimmed(value.bytes);
    const TimeText verdict = parse_time(text.start, text.count, d.zone, ms);
    d.record.lacks_zone |= verdict == TimeText::no_zone && leaf.field == SW_TIME;
    return verdict == TimeText::valid;
  }

  __attribute__((noinline)) void time(const Leaf &leaf, const Scalar &value) {
    int64_t ms = 0;
    if (!read_time(leaf, value, ms)) return left_out(leaf, value, SW_FLAW_BAD_TIME);
    if (ms < SW_MIN_TIME_MS || ms >= SW_MAX_TIME_MS) return flaw(leaf.field, SW_FLAW_BAD_TIME);
    take(leaf);
    d.event.numbers[leaf.field - SW_TEXT_COUNT] = ms;
  }

  /// Notes whether this is an event at all.
  void skip(const Scalar &value) {
    d.is_no_request |= value.type == Scalar::text && is_no_request(value.bytes);
  }

  /// How the request ended, from a word, a name or a code.
  void outcome(const Leaf &leaf, const Scalar &value) {
    Decimal parsed;
    int64_t n = status_none;
    if (const Decimal *decimal = read_number(value, parsed)) {
      if (whole(*decimal, 0, n) == Whole::overflow) return;
      n = leaf.form == SW_ERROR ? status_of_error_code(n) : status_of_code(n);
    } else if (value.type == Scalar::text && !d.placeholders.contains(value.bytes)) {
      n = leaf.form == SW_ERROR ? status_of_error(value.bytes) : status_of_word(value.bytes);
    }
    if (n == status_none) return;
    take(leaf);
    d.event.numbers[leaf.field - SW_TEXT_COUNT] = n;
  }

  SW_INLINE void number(const Leaf &leaf, const Scalar &value) {
    if (leaf.form == SW_PLAIN && value.type == Scalar::number && is_plain(value.decimal)) {
      take(leaf);
      d.event.numbers[leaf.field - SW_TEXT_COUNT] = int64_t(value.decimal.mantissa);
      return;
    }
    odd_number(leaf, value);
  }

  __attribute__((noinline)) void odd_number(const Leaf &leaf, const Scalar &value) {
    if (leaf.form == SW_OUTCOME || leaf.form == SW_ERROR) return outcome(leaf, value);
    Decimal parsed;
    const Decimal *decimal = read_number(value, parsed);
    if (!decimal) return left_out(leaf, value, SW_FLAW_WRONG_TYPE);
    const bool is_signed = leaf.field == SW_STATUS || leaf.field == SW_TURN;
    if (decimal->negative && decimal->mantissa != 0 && !is_signed) {
      return flaw(leaf.field, SW_FLAW_NEGATIVE);
    }
    int64_t n;
    if (whole(*decimal, shift(leaf.form), n) == Whole::overflow || !in_range(n)) {
      return flaw(leaf.field, SW_FLAW_RANGE);
    }
    take(leaf);
    d.event.numbers[leaf.field - SW_TEXT_COUNT] = n;
  }
};

}  // namespace stillwatch
