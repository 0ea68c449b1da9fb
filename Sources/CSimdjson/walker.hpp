// One walk over the structural characters that simdjson's stage 1 found.
//
// Stage 1 has checked UTF-8, closed strings and control characters in strings. The walk checks the rest of
// RFC 8259 for every value, read or skipped: punctuation, nesting, names, numbers, escapes.
#pragma once
#include "slots.hpp"

namespace stillwatch {

class Walker {
 public:
  explicit Walker(sw_decoder &decoder)
      : d(decoder), slots(decoder), buf(decoder.scratch.get()),
        at(decoder.stage1->structural_indexes.get()),
        end(at + decoder.stage1->n_structural_indexes) {}

  sw_reason document() {
    if (peek() != '{') {
      const sw_reason reason = skip(0);
      return reason != SW_OK ? reason : at == end ? SW_NOT_AN_OBJECT : SW_MALFORMED;
    }
    const sw_reason reason = object(0, 1);
    if (reason != SW_OK) return reason;
    return at == end ? SW_OK : SW_MALFORMED;
  }

 private:
  sw_decoder &d;
  Slots slots;
  uint8_t *buf;
  // The next structural character. Behind the last one lies the document's length, where the scratch
  // holds a zero: no branch takes it, so a walk that runs out stops there.
  const uint32_t *at, *end;

  uint8_t peek() const { return buf[*at]; }

  static bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  /// The bytes from the next structural character to the one behind it, without trailing white space.
  sw_slice token() const {
    const uint8_t *start = buf + at[0], *stop = buf + at[1];
    while (stop > start && is_space(stop[-1])) stop--;
    return {start, uint64_t(stop - start)};
  }

  /// Takes a string and the quotes off it; escapes remain.
  bool quoted(sw_slice &text) {
    const sw_slice whole = token();
    if (whole.count < 2 || whole.start[whole.count - 1] != '"') return false;
    text = {whole.start + 1, whole.count - 2};
    at++;
    return true;
  }

  /// Undoes escapes in place.
  sw_reason plain(sw_slice &text, bool &lone_surrogate) {
    if (!has_backslash(text.start, text.count)) return SW_OK;
    const Escapes verdict = unescape(text.start, text.count, buf + (text.start - buf));
    lone_surrogate = verdict == Escapes::lone_surrogate;
    return verdict == Escapes::malformed ? SW_MALFORMED : SW_OK;
  }

  /// Takes a member's name and its colon.
  sw_reason name(sw_slice &text) {
    bool lone = false;
    if (peek() != '"' || !quoted(text) || peek() != ':') return SW_MALFORMED;
    at++;
    return plain(text, lone);
  }

  /// Takes a comma (true in `more`) or the closing character.
  bool next(uint8_t close, bool &more) {
    const uint8_t c = peek();
    more = c == ',';
    if (!more && c != close) return false;
    at++;
    return true;
  }

  /// Takes the opening character; `more` unless the closing one follows.
  sw_reason open(uint8_t close, uint32_t depth, bool &more) {
    if (depth > d.max_depth) return SW_TOO_DEEP;
    at++;
    more = peek() != close;
    if (!more) at++;
    return SW_OK;
  }

  static bool is(const sw_slice &token, const char *word, size_t count) {
    return token.count == count && std::memcmp(token.start, word, count) == 0;
  }

  /// Takes a name or a number.
  bool bare(Scalar &value) {
    const sw_slice text = token();
    at++;
    switch (text.start[0]) {
    case 't': value.type = Scalar::yes; return is(text, "true", 4);
    case 'f': value.type = Scalar::no; return is(text, "false", 5);
    case 'n': value.type = Scalar::null; return is(text, "null", 4);
    default:
      value.type = Scalar::number;
      return parse_decimal(text.start, text.start + text.count, value.decimal);
    }
  }

  sw_reason scalar(Scalar &value) {
    if (peek() != '"') return bare(value) ? SW_OK : SW_MALFORMED;
    value.type = Scalar::text;
    if (!quoted(value.bytes)) return SW_MALFORMED;
    return plain(value.bytes, value.lone_surrogate);
  }

  bool at_container() const { return peek() == '{' || peek() == '['; }

  /// Checks one value and leaves it; `depth` containers are open around it.
  sw_reason skip(uint32_t depth) {
    uint64_t is_object = 0;  // a bit per container opened here, the innermost lowest
    uint32_t levels = 0;
    while (true) {
      const uint8_t c = peek();
      if (c == '{' || c == '[') {
        bool more;
        const sw_reason reason = open(c == '{' ? '}' : ']', depth + levels + 1, more);
        if (reason != SW_OK) return reason;
        if (more) {
          is_object = is_object << 1 | (c == '{');
          levels++;
          if (c == '{' && !skip_name()) return SW_MALFORMED;
          continue;
        }
      } else if (!skip_scalar()) {
        return SW_MALFORMED;
      }
      bool more = false;
      while (levels > 0 && !more) {
        if (!next(is_object & 1 ? '}' : ']', more)) return SW_MALFORMED;
        if (more) break;
        is_object >>= 1;
        levels--;
      }
      if (levels == 0) return SW_OK;
      if ((is_object & 1) && !skip_name()) return SW_MALFORMED;
    }
  }

  bool skip_text() {
    sw_slice text;
    if (!quoted(text)) return false;
    return !has_backslash(text.start, text.count) ||
           unescape(text.start, text.count, nullptr) != Escapes::malformed;
  }

  bool skip_scalar() {
    Scalar value;
    return peek() == '"' ? skip_text() : bare(value);
  }

  bool skip_name() {
    if (peek() != '"' || !skip_text() || peek() != ':') return false;
    at++;
    return true;
  }

  sw_reason fill(Node &node, const Scalar &value, bool text_numbers) {
    for (const Leaf &leaf : node.leaves) {
      const sw_reason reason = slots.fill(leaf, value, text_numbers);
      if (reason != SW_OK) return reason;
    }
    return SW_OK;
  }

  /// Marks a node as met; a second time in one document is a duplicate.
  sw_reason meet(Node &node) {
    if (node.seen == d.document) return slots.blame(node.field(), SW_DUPLICATE_FIELD);
    node.seen = d.document;
    return SW_OK;
  }

  /// Takes the value at `index` in the trie.
  sw_reason value(uint32_t index, uint32_t depth) {
    Node &node = d.nodes[index];
    sw_reason reason = meet(node);
    if (reason != SW_OK) return reason;
    if (!at_container()) {
      Scalar value;
      reason = scalar(value);
      if (reason != SW_OK) return reason;
      if (node.map != SW_NO_FIELD && value.type != Scalar::null) {
        return slots.blame(node.map, SW_WRONG_TYPE);
      }
      return fill(node, value, false);
    }
    if (peek() == '{' && (node.map != SW_NO_FIELD || !node.members.empty())) {
      return object(index, depth + 1);
    }
    if (peek() == '[' && inside_array(node)) return array(index, depth + 1);
    if (node.field() != SW_NO_FIELD) return slots.blame(node.field(), SW_WRONG_TYPE);
    return skip(depth);
  }

  bool inside_array(const Node &node) const {
    return !node.elements.empty() || node.single ||
           (d.reads_key_value_lists && !node.members.empty());
  }

  sw_reason object(uint32_t index, uint32_t depth) {
    const Node &node = d.nodes[index];
    bool more;
    sw_reason reason = open('}', depth, more);
    uint64_t met = 0;
    while (reason == SW_OK && more) {
      sw_slice text;
      reason = name(text);
      if (reason != SW_OK) return reason;
      const Name key(text.start, text.count);
      const uint32_t child = node.members.find(key);
      if (node.map != SW_NO_FIELD) {
        reason = member(node, key, child, met);
      } else {
        reason = child != NameTable::missing ? value(child, depth) : skip(depth);
      }
      if (reason == SW_OK && !next('}', more)) return SW_MALFORMED;
    }
    return reason;
  }

  /// Takes one member of a map of fingerprints or signals; `met` has the tracked ones it named so far.
  sw_reason member(const Node &node, const Name &key, uint32_t child, uint64_t &met) {
    if (at_container()) return slots.blame(node.map, SW_WRONG_TYPE);
    Scalar value;
    sw_reason reason = scalar(value);
    if (reason != SW_OK) return reason;
    const bool is_fingerprint = node.map == SW_FINGERPRINTS;
    const uint32_t item = (is_fingerprint ? d.fingerprints : d.signals).names.find(key);
    if (item != NameTable::missing) {
      const uint64_t bit = uint64_t(1) << item;
      if (met & bit) return slots.blame(node.map, SW_DUPLICATE_FIELD);
      met |= bit;
    }
    reason = is_fingerprint ? slots.fingerprint(item, node.map_rank, value)
                            : slots.signal(item, node.map_rank, value, false);
    if (reason != SW_OK || child == NameTable::missing) return reason;
    reason = meet(d.nodes[child]);
    return reason != SW_OK ? reason : fill(d.nodes[child], value, false);
  }

  static uint32_t element(const Node &node, uint32_t i) {
    for (const auto &entry : node.elements) {
      if (entry.first == i) return entry.second;
    }
    return NameTable::missing;
  }

  sw_reason array(uint32_t index, uint32_t depth) {
    const Node &node = d.nodes[index];
    bool more;
    sw_reason reason = open(']', depth, more);
    for (uint32_t i = 0; reason == SW_OK && more; i++) {
      if (node.single && i > 0) return slots.blame(node.field(), SW_UNKNOWN_SCHEMA);
      const uint32_t child = element(node, i);
      if (child != NameTable::missing) {
        reason = value(child, depth);
      } else if (d.reads_key_value_lists && peek() == '{' && !node.members.empty()) {
        reason = pair(node, depth + 1);
      } else {
        reason = skip(depth);
      }
      if (reason == SW_OK && !next(']', more)) return SW_MALFORMED;
    }
    return reason;
  }

  /// Takes an element of an OTLP key/value list: the value counts as the member `key` of the object the
  /// list stands for. The two may come in either order, so the value is passed over first.
  sw_reason pair(const Node &node, uint32_t depth) {
    bool more;
    sw_reason reason = open('}', depth, more);
    sw_slice key{};
    const uint32_t *content = nullptr;
    while (reason == SW_OK && more) {
      sw_slice text;
      reason = name(text);
      if (reason != SW_OK) return reason;
      if (is(text, "key", 3) && peek() == '"') {
        bool lone = false;
        if (!quoted(key)) return SW_MALFORMED;
        reason = plain(key, lone);
      } else {
        if (is(text, "value", 5)) content = at;
        reason = skip(depth);
      }
      if (reason == SW_OK && !next('}', more)) return SW_MALFORMED;
    }
    if (reason != SW_OK || !key.start || !content) return reason;
    const uint32_t child = node.members.find(Name(key.start, key.count));
    if (child == NameTable::missing) return SW_OK;
    const uint32_t *behind = at;
    at = content;
    reason = any_value(child, depth);
    at = behind;
    return reason;
  }

  /// Takes an OTLP AnyValue, or the bare value some exporters write instead.
  sw_reason any_value(uint32_t child, uint32_t depth) {
    if (peek() != '{') return value(child, depth);
    Node &node = d.nodes[child];
    sw_reason reason = meet(node);
    if (reason != SW_OK) return reason;
    bool more;
    reason = open('}', depth + 1, more);
    while (reason == SW_OK && more) {
      sw_slice text;
      reason = name(text);
      if (reason != SW_OK) return reason;
      const bool integer = is(text, "intValue", 8);
      if (at_container()) {
        if (!node.leaves.empty()) return slots.blame(node.field(), SW_WRONG_TYPE);
        reason = skip(depth + 1);
      } else if (integer || is(text, "stringValue", 11) || is(text, "boolValue", 9) ||
                 is(text, "doubleValue", 11)) {
        Scalar value;
        reason = scalar(value);
        if (reason == SW_OK) reason = fill(node, value, integer);
      } else {
        reason = skip(depth + 1);
      }
      if (reason == SW_OK && !next('}', more)) return SW_MALFORMED;
    }
    return reason;
  }
};

}  // namespace stillwatch
