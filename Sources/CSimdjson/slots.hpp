// From a scalar of the document to the slot its field has.
#pragma once
#include "decoder.hpp"

namespace stillwatch {

/// A scalar of the document: a text without escapes, or a number, or one of the three names.
struct Scalar {
  enum Type : uint8_t { text, number, yes, no, null } type = null;
  bool lone_surrogate = false;
  sw_slice bytes;
  Decimal decimal;
};

/// Fills slots; each function returns SW_OK or why the document is rejected.
class Slots {
 public:
  explicit Slots(sw_decoder &decoder) : d(decoder) {}

  /// `text_numbers`: integers may be written as texts here (OTLP JSON).
  sw_reason fill(const Leaf &leaf, const Scalar &value, bool text_numbers) {
    if (value.type == Scalar::null) return SW_OK;
    if (value.type == Scalar::text && value.lone_surrogate) {
      return blame(leaf.field, SW_INVALID_UTF8);
    }
    if (leaf.field < SW_TEXT_COUNT) return text(leaf, value);
    if (leaf.field == SW_FINGERPRINTS) return fingerprint(leaf.item, leaf.rank, value);
    if (leaf.field == SW_SIGNALS) return signal(leaf.item, leaf.rank, value, text_numbers);
    if (leaf.field >= SW_TIME) return time(leaf, value, text_numbers);
    return number(leaf, value, text_numbers);
  }

  sw_reason fingerprint(uint32_t kind, uint8_t rank, const Scalar &value) {
    if (value.type == Scalar::null) return SW_OK;
    if (value.type != Scalar::text) return blame(SW_FINGERPRINTS, SW_WRONG_TYPE);
    if (value.lone_surrogate) return blame(SW_FINGERPRINTS, SW_INVALID_UTF8);
    if (value.bytes.count > SW_MAX_FINGERPRINT_BYTES) {
      return blame(SW_FINGERPRINTS, SW_FINGERPRINT_LENGTH);
    }
    if (++d.fingerprints_met > SW_MAX_ITEMS) {
      return blame(SW_FINGERPRINTS, SW_TOO_MANY_FINGERPRINTS);
    }
    if (value.bytes.count == 0) return SW_OK;
    d.event.present |= 1u << SW_FINGERPRINTS;
    if (kind >= SW_MAX_TRACKED || d.fingerprints.outranked(kind, rank)) return SW_OK;
    d.fingerprints.put(kind, rank, 0, value.bytes);
    return SW_OK;
  }

  sw_reason signal(uint32_t name, uint8_t rank, const Scalar &value, bool text_numbers) {
    if (value.type == Scalar::null) return SW_OK;
    if (++d.signals_met > SW_MAX_ITEMS) return blame(SW_SIGNALS, SW_TOO_MANY_SIGNALS);
    Decimal parsed;
    const Decimal *decimal = read_number(value, text_numbers, parsed);
    if (value.type == Scalar::text && !decimal) {
      if (value.lone_surrogate) return blame(SW_SIGNALS, SW_INVALID_UTF8);
      if (value.bytes.count == 0) return SW_OK;
      return keep_signal(name, rank, 0, value.bytes);
    }
    int64_t n = value.type == Scalar::yes ? 1 : 0;
    if (decimal && (whole(*decimal, 0, n) == Whole::overflow || !in_range(n))) {
      return blame(SW_SIGNALS, SW_NUMBER_RANGE);
    }
    return keep_signal(name, rank, n, sw_slice{});
  }

  sw_reason blame(uint32_t field, sw_reason reason) {
    d.event.rejected_field = field;
    return reason;
  }

 private:
  sw_decoder &d;

  sw_reason keep_signal(uint32_t name, uint8_t rank, int64_t number, sw_slice text) {
    d.event.present |= 1u << SW_SIGNALS;
    if (name >= SW_MAX_TRACKED || d.signals.outranked(name, rank)) return SW_OK;
    d.signals.put(name, rank, number, text);
    return SW_OK;
  }

  /// Whether the slot is free for this rank; takes it when it is.
  bool take(const Leaf &leaf) {
    const uint32_t bit = 1u << leaf.field;
    if ((d.event.present & bit) && d.ranks[leaf.field] <= leaf.rank) return false;
    d.event.present |= bit;
    d.ranks[leaf.field] = leaf.rank;
    return true;
  }

  sw_reason text(const Leaf &leaf, const Scalar &value) {
    if (value.type != Scalar::text) return blame(leaf.field, SW_WRONG_TYPE);
    if (value.bytes.count == 0) {
      d.empty_account |= leaf.field == SW_ACCOUNT;
      return SW_OK;
    }
    if (leaf.field == SW_ACCOUNT && value.bytes.count > SW_MAX_ACCOUNT_BYTES) {
      return blame(SW_ACCOUNT, SW_ACCOUNT_LENGTH);
    }
    if (take(leaf)) d.event.texts[leaf.field] = value.bytes;
    return SW_OK;
  }

  /// The number that `value` is or, where texts may be numbers, spells (then in `parsed`); null for none.
  static const Decimal *read_number(const Scalar &value, bool text_numbers, Decimal &parsed) {
    if (value.type == Scalar::number) return &value.decimal;
    const bool is_number = value.type == Scalar::text && text_numbers &&
                           parse_decimal(value.bytes, parsed);
    return is_number ? &parsed : nullptr;
  }

  static bool in_range(int64_t n) { return n <= SW_MAX_NUMBER && n >= -SW_MAX_NUMBER; }

  /// The power of ten from the form's unit to milliseconds.
  static int32_t shift(sw_form form) {
    return form == SW_SECONDS ? 3 : form == SW_NANOSECONDS ? -6 : 0;
  }

  static bool cuts_fractions(sw_form form) {
    return form == SW_MILLISECONDS || form == SW_SECONDS || form == SW_NANOSECONDS;
  }

  sw_reason time(const Leaf &leaf, const Scalar &value, bool text_numbers) {
    int64_t ms = 0;
    Decimal parsed;
    const Decimal *decimal = read_number(value, text_numbers || leaf.form != SW_PLAIN, parsed);
    if (decimal) {
      const Whole verdict = whole(*decimal, shift(leaf.form), ms);
      if (verdict == Whole::overflow ||
          (verdict == Whole::fraction && !cuts_fractions(leaf.form))) {
        return blame(leaf.field, SW_BAD_TIME);
      }
    } else if (value.type != Scalar::text) {
      return blame(leaf.field, SW_WRONG_TYPE);
    } else if (value.bytes.count == 0) {
      return SW_OK;
    } else if (!parse_rfc3339(value.bytes.start, value.bytes.count, ms)) {
      return blame(leaf.field, SW_BAD_TIME);
    }
    if (ms < SW_MIN_TIME_MS || ms >= SW_MAX_TIME_MS) return blame(leaf.field, SW_BAD_TIME);
    if (take(leaf)) d.event.numbers[leaf.field - SW_TEXT_COUNT] = ms;
    return SW_OK;
  }

  sw_reason number(const Leaf &leaf, const Scalar &value, bool text_numbers) {
    Decimal parsed;
    const Decimal *decimal = read_number(value, text_numbers || leaf.form != SW_PLAIN, parsed);
    if (!decimal) {
      const bool is_missing = value.type == Scalar::text && leaf.form == SW_DECIMAL;
      return is_missing ? SW_OK : blame(leaf.field, SW_WRONG_TYPE);
    }
    const bool is_signed = leaf.field == SW_STATUS || leaf.field == SW_TURN;
    if (decimal->negative && decimal->mantissa != 0 && !is_signed) {
      return blame(leaf.field, SW_NEGATIVE_NUMBER);
    }
    int64_t n;
    const Whole verdict = whole(*decimal, shift(leaf.form), n);
    if (verdict == Whole::overflow || !in_range(n)) return blame(leaf.field, SW_NUMBER_RANGE);
    if (verdict == Whole::fraction && !cuts_fractions(leaf.form)) {
      const bool is_missing = value.type == Scalar::text && leaf.form == SW_DECIMAL;
      return is_missing ? SW_OK : blame(leaf.field, SW_WRONG_TYPE);
    }
    if (take(leaf)) d.event.numbers[leaf.field - SW_TEXT_COUNT] = n;
    return SW_OK;
  }
};

}  // namespace stillwatch
