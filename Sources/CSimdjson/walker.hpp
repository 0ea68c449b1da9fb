// One walk over the structural characters that simdjson's stage 1 found.
//
// Stage 1 has checked UTF-8, closed strings and control characters in strings. The walk checks the rest of
// RFC 8259 for every value, read or skipped: punctuation, nesting, names, numbers, escapes. It changes
// nothing in the scratch, so that a document in which names repeat can be walked again: then all but the
// last value of each is passed over.
//
// Functions that take a value get a cursor at its first structural character and return the cursor behind
// its last, or null when the document is rejected (`reason` then says why). The cursor is passed by value
// so that it stays in a register: as a member, it made every step wait for the store before it.
#pragma once
#include "slots.hpp"

namespace stillwatch {

class Walker {
 public:
  // Points into the offsets of structural characters. Behind the last one lies the document's length,
  // where the scratch holds a zero: no branch takes it, so a walk that runs out stops there.
  using Cursor = const uint32_t *;

  /// A list that was met and is still to be taken apart.
  struct List {
    const Node *node;
    Cursor at;
  };

  static bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  /// Walks the decoder's current document.
  explicit Walker(sw_decoder &decoder)
      : d(decoder), slots(decoder), buf(decoder.current->scratch.get()),
        escapes(std::memchr(buf, '\\', decoder.current->count) != nullptr) {}

  /// Reads all of the text as one value, an object, from the node `root`.
  sw_reason document(uint32_t root = 0) {
    Cursor at = d.current->stage1->structural_indexes.get();
    const Cursor end = at + d.current->stage1->n_structural_indexes;
    const bool is_object = peek(at) == '{';
    at = is_object ? object(at, root) : skip(at);
    if (!at) return reason;
    return at != end ? SW_MALFORMED : is_object ? SW_OK : SW_NOT_AN_OBJECT;
  }

  /// Reads the element at the cursor, an object, from the node `root`.
  sw_reason object_at(Cursor at, uint32_t root) {
    if (peek(at) != '{') return SW_NOT_AN_OBJECT;
    return object(at, root) ? SW_OK : reason;
  }

  // What was met on the way; these stay as they are where nothing is taken apart.
  List lists[sw_decoder::max_lists];
  uint32_t list_count = 0;
  Cursor embedded = nullptr;
  bool is_wanted = false;

  /// The string at the cursor with its escapes; false if it is none.
  bool raw_text(Cursor at, sw_slice &text) const { return quoted(at, text); }

  /// Passes over a value that was checked before.
  static Cursor pass(const Document &text, Cursor at) {
    const uint8_t *bytes = text.scratch.get();
    uint32_t depth = 0;
    do {
      const uint8_t c = bytes[*at++];
      depth += is_open(c);
      depth -= c == '}' || c == ']';
    } while (depth > 0);
    return at;
  }

 private:
  sw_decoder &d;
  Slots slots;
  const uint8_t *const buf;
  // Whether the document has a backslash at all: most have none, and no string of theirs is searched.
  const bool escapes;
  sw_reason reason = SW_MALFORMED;

  Cursor fail(sw_reason why) {
    reason = why;
    return nullptr;
  }

  SW_INLINE uint8_t peek(Cursor at) const { return buf[*at]; }

  static bool is_open(uint8_t c) { return c == '{' || c == '['; }

  static bool is(const sw_slice &token, const char *word, size_t count) {
    return token.count == count && std::memcmp(token.start, word, count) == 0;
  }

  /// The bytes from one structural character to the next, without trailing white space.
  SW_INLINE sw_slice token(Cursor at) const {
    const uint8_t *start = buf + at[0], *stop = buf + at[1];
    while (stop > start && is_space(stop[-1])) stop--;
    return {start, uint64_t(stop - start)};
  }

  /// What is between the quotes of the string at the cursor, escapes and all; false if it is none.
  SW_INLINE bool quoted(Cursor at, sw_slice &text) const {
    const sw_slice whole = token(at);
    if (whole.count < 2 || whole.start[0] != '"' || whole.start[whole.count - 1] != '"') {
      return false;
    }
    text = {whole.start + 1, whole.count - 2};
    return true;
  }

  bool has_escapes(const sw_slice &text) const {
    return escapes && std::memchr(text.start, '\\', text.count) != nullptr;
  }

  /// Undoes escapes, in a copy; false where one is malformed.
  SW_INLINE bool plain(sw_slice &text, bool &lone_surrogate) const {
    lone_surrogate = false;
    return !has_escapes(text) || unescaped(text, lone_surrogate);
  }

  bool unescaped(sw_slice &text, bool &lone_surrogate) const {
    uint8_t *const copy = d.reserve(text.count);
    if (!copy) return false;
    const Escapes verdict = unescape(text.start, text.count, copy);
    text.start = copy;
    lone_surrogate = verdict == Escapes::lone_surrogate;
    return verdict != Escapes::malformed;
  }

  /// Takes a member's name and its colon.
  SW_INLINE Cursor name(Cursor at, sw_slice &text) {
    bool lone;
    if (!quoted(at, text) || peek(at + 1) != ':' || !plain(text, lone)) return fail(SW_MALFORMED);
    return at + 2;
  }

  /// Takes a comma (true in `more`) or the closing character.
  SW_INLINE Cursor next(Cursor at, uint8_t close, bool &more) {
    const uint8_t c = peek(at);
    more = c == ',';
    return more || c == close ? at + 1 : fail(SW_MALFORMED);
  }

  /// Takes the opening character, and the closing one if it follows at once (false in `more`).
  SW_INLINE Cursor open(Cursor at, uint8_t close, bool &more) {
    more = peek(at + 1) != close;
    return more ? at + 1 : at + 2;
  }

  /// Reads a number or one of the three names; false if the token is neither.
  SW_INLINE bool bare(Cursor at, Scalar &value) const {
    const sw_slice text = value.bytes = token(at);
    switch (text.start[0]) {
    case 't': value.type = Scalar::yes; return is(text, "true", 4);
    case 'f': value.type = Scalar::no; return is(text, "false", 5);
    case 'n': value.type = Scalar::null; return is(text, "null", 4);
    default: value.type = Scalar::number; return parse_decimal(text, value.decimal);
    }
  }

  SW_INLINE Cursor scalar(Cursor at, Scalar &value) {
    value.type = Scalar::text;
    const bool is_valid = peek(at) == '"' ? quoted(at, value.bytes) &&
                                                plain(value.bytes, value.lone_surrogate)
                                          : bare(at, value);
    return is_valid ? at + 1 : fail(SW_MALFORMED);
  }

  /// Checks one value and passes over it, however deep it is.
  Cursor skip(Cursor at) {
    uint64_t is_object = 0;  // a bit per container opened here, the innermost lowest
    uint64_t levels = 0;
    while (true) {
      const uint8_t c = peek(at);
      bool more = false;
      if (is_open(c)) {
        at = open(at, c == '{' ? '}' : ']', more);
        if (more) {
          if (levels > 0 && levels % 64 == 0) d.current->levels[levels / 64 - 1] = is_object;
          is_object = is_object << 1 | (c == '{');
          levels++;
        }
      } else {
        at = skip_scalar(at);
      }
      while (at && levels > 0 && !more) {
        at = next(at, is_object & 1 ? '}' : ']', more);
        if (more) break;
        levels--;
        is_object = levels > 0 && levels % 64 == 0 ? d.current->levels[levels / 64 - 1] : is_object >> 1;
      }
      if (at && levels > 0 && (is_object & 1)) at = skip_name(at);
      if (!at || levels == 0) return at;
    }
  }

  Cursor skip_text(Cursor at) {
    sw_slice text;
    if (!quoted(at, text)) return fail(SW_MALFORMED);
    const bool is_valid = !has_escapes(text) ||
                          unescape(text.start, text.count, nullptr) != Escapes::malformed;
    return is_valid ? at + 1 : fail(SW_MALFORMED);
  }

  Cursor skip_scalar(Cursor at) {
    Scalar value;
    if (peek(at) == '"') return skip_text(at);
    return bare(at, value) ? at + 1 : fail(SW_MALFORMED);
  }

  Cursor skip_name(Cursor at) {
    at = skip_text(at);
    return !at || peek(at) == ':' ? at + (at != nullptr) : fail(SW_MALFORMED);
  }

  SW_INLINE void fill(const Node &node, const Scalar &value) {
    for (const Leaf &leaf : node.leaves) slots.fill(leaf, value);
  }

  /// Notes that a container stands where a scalar belongs, or a scalar where a map does.
  SW_COLD void misfit(const Node &node) {
    if (node.map != SW_NO_FIELD) slots.flaw(node.map, SW_FLAW_WRONG_TYPE);
    for (const Leaf &leaf : node.leaves) slots.flaw(leaf.field, SW_FLAW_WRONG_TYPE);
  }

  /// Marks a node as met; false where the document has another value for it, which is the one that counts.
  SW_INLINE bool meet(Node &node) {
    if (node.seen == d.walk || d.is_rewalk) return meet_again(node);
    node.seen = d.walk;
    return true;
  }

  /// The last of several values counts, as in most parsers. So the first walk counts them, and another one
  /// passes over all but the last.
  SW_COLD bool meet_again(Node &node) {
    if (node.repeated_in != d.document) {
      node.repeated_in = d.document;
      node.occurrences = 1;
      node.met = node.seen == d.walk ? 1 : 0;
    } else if (node.seen != d.walk) {
      node.met = 0;
    }
    node.seen = d.walk;
    node.met++;
    if (node.met > node.occurrences) {
      node.occurrences = node.met;
      d.has_repeats = true;
    } else if (node.met == node.occurrences) {
      return true;
    }
    slots.flaw(node.field(), SW_FLAW_REPEATED);
    return false;
  }

  /// Takes the value of the node `index`.
  SW_INLINE Cursor value(Cursor at, uint32_t index) {
    Node &node = d.nodes[index];
    if (!meet(node)) return skip(at);
    if (is_open(peek(at))) return container(at, index);
    Scalar value;
    at = scalar(at, value);
    if (!at) return at;
    if (node.map != SW_NO_FIELD && value.type != Scalar::null) misfit(node);
    fill(node, value);
    return at;
  }

  Cursor container(Cursor at, uint32_t index) {
    const Node &node = d.nodes[index];
    if (peek(at) == '{' && (node.map != SW_NO_FIELD || !node.members.empty())) {
      return object(at, index);
    }
    const bool enters = !node.elements.empty() ||
                        (d.reads_key_value_lists && !node.members.empty());
    if (peek(at) == '[' && enters) return array(at, index);
    misfit(node);
    return skip(at);
  }

  Cursor object(Cursor at, uint32_t index) {
    const Node &node = d.nodes[index];
    bool more;
    uint64_t met = 0;
    at = open(at, '}', more);
    while (at && more) {
      sw_slice text;
      at = name(at, text);
      if (!at) return at;
      const Name key(text.start, text.count);
      const uint32_t child = node.members.find(key);
      if (node.is_special) {
        at = node.map != SW_NO_FIELD ? member(at, node, key, child, met)
                                     : special(at, node, text, child);
      } else {
        at = child != NameTable::missing ? value(at, child) : skip(at);
      }
      if (at) at = next(at, '}', more);
    }
    return at;
  }

  /// Takes a member of an object whose names decide, or that has something to be taken apart.
  Cursor special(Cursor at, const Node &node, const sw_slice &key, uint32_t child) {
    note(node, key);
    if (child == NameTable::missing) return skip(at);
    const Node &to = d.nodes[child];
    return to.is_seam() ? seam(at, to) : value(at, child);
  }

  /// Notes a name that makes an event.
  void note(const Node &node, const sw_slice &key) {
    if (!node.judges || is_wanted) return;
    for (const std::string &start : d.wanted) {
      is_wanted |= key.count >= start.size() &&
                   std::memcmp(key.start, start.data(), start.size()) == 0;
    }
  }

  /// Notes where a list or an embedded text is and passes over it; of several the last counts.
  Cursor seam(Cursor at, const Node &node) {
    const uint8_t c = peek(at);
    if (node.embeds) {
      if (c == '"' || c == '{') embedded = at;
    } else if (c == '[') {
      uint32_t i = 0;
      while (i < list_count && lists[i].node != &node) i++;
      if (i < sw_decoder::max_lists) lists[i] = {&node, at};
      if (i == list_count && i < sw_decoder::max_lists) list_count++;
    }
    return skip(at);
  }

  /// Takes one member of a map of fingerprints or signals; `met` has the tracked ones it named so far.
  SW_INLINE Cursor member(
      Cursor at, const Node &node, const Name &key, uint32_t child, uint64_t &met) {
    const bool is_fingerprint = node.map == SW_FINGERPRINTS;
    Items &items = is_fingerprint ? d.fingerprints : d.signals;
    const uint32_t item = items.names.find(key);
    if (item != NameTable::missing) {
      const uint64_t bit = uint64_t(1) << item;
      if (met & bit) repeat(node, items, item);
      met |= bit;
    }
    if (is_open(peek(at))) {
      slots.flaw(node.map, SW_FLAW_WRONG_TYPE);
      return child == NameTable::missing ? skip(at) : value(at, child);
    }
    Scalar value;
    at = scalar(at, value);
    if (!at) return at;
    if (is_fingerprint) {
      slots.fingerprint(item, node.map_rank, value);
    } else {
      slots.signal(item, node.map_rank, value);
    }
    if (child != NameTable::missing && meet(d.nodes[child])) fill(d.nodes[child], value);
    return at;
  }

  /// Forgets what an earlier member of the same name said.
  SW_COLD void repeat(const Node &node, Items &items, uint32_t item) {
    slots.flaw(node.map, SW_FLAW_REPEATED);
    if (items.ranks[item] == node.map_rank) items.forget(item);
  }

  static uint32_t element(const Node &node, uint32_t i) {
    for (const auto &entry : node.elements) {
      if (entry.first == i) return entry.second;
    }
    return NameTable::missing;
  }

  Cursor array(Cursor at, uint32_t index) {
    const Node &node = d.nodes[index];
    bool more;
    at = open(at, ']', more);
    for (uint32_t i = 0; at && more; i++) {
      const uint32_t child = element(node, i);
      if (child != NameTable::missing) {
        const Node &to = d.nodes[child];
        at = to.is_seam() ? seam(at, to) : value(at, child);
      } else if (d.reads_key_value_lists && peek(at) == '{' && !node.members.empty()) {
        at = pair(at, node);
      } else {
        at = skip(at);
      }
      if (at) at = next(at, ']', more);
    }
    return at;
  }

  /// Takes an element of an OTLP key/value list: the value counts as the member `key` of the object the
  /// list stands for. The two may come in either order, so the value is passed over first.
  Cursor pair(Cursor at, const Node &node) {
    bool more, lone;
    sw_slice key{};
    Cursor content = nullptr;
    at = open(at, '}', more);
    while (at && more) {
      sw_slice text;
      at = name(at, text);
      if (!at) return at;
      if (is(text, "key", 3) && peek(at) == '"') {
        if (!quoted(at, key) || !plain(key, lone)) return fail(SW_MALFORMED);
        at++;
      } else {
        if (is(text, "value", 5)) content = at;
        at = skip(at);
      }
      if (at) at = next(at, '}', more);
    }
    if (!at || !key.start || !content) return at;
    note(node, key);
    const uint32_t child = node.members.find(Name(key.start, key.count));
    if (child == NameTable::missing) return at;
    return any_value(content, child) ? at : nullptr;
  }

  /// Takes an OTLP AnyValue, or the bare value some exporters write instead.
  Cursor any_value(Cursor at, uint32_t child) {
    if (peek(at) != '{') return value(at, child);
    Node &node = d.nodes[child];
    if (!meet(node)) return skip(at);
    bool more;
    at = open(at, '}', more);
    while (at && more) {
      sw_slice text;
      at = name(at, text);
      if (!at) return at;
      if (is_open(peek(at))) {
        misfit(node);
        at = skip(at);
      } else if (is(text, "intValue", 8) || is(text, "stringValue", 11) ||
                 is(text, "boolValue", 9) || is(text, "doubleValue", 11)) {
        Scalar value;
        at = scalar(at, value);
        if (at) fill(node, value);
      } else {
        at = skip(at);
      }
      if (at) at = next(at, '}', more);
    }
    return at;
  }
};

}  // namespace stillwatch
