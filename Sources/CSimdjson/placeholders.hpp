// Texts that stand for no value, and bytes that stand for no text.
#pragma once
#include "number.hpp"
#include "trie.hpp"

namespace stillwatch {

/// Texts that count as missing, such as `-` and `unknown`: compared without white space around them, ASCII
/// letters in any case. Most texts are told apart by their length and first byte.
class Placeholders {
 public:
  void add(const uint8_t *text, size_t count) {
    const sw_slice bare = trimmed({text, count});
    if (bare.count == 0 || bare.count > SW_MAX_PLACEHOLDER_BYTES) return;
    uint8_t folded[SW_MAX_PLACEHOLDER_BYTES];
    for (uint64_t i = 0; i < bare.count; i++) folded[i] = fold(bare.start[i]);
    lengths_ |= uint64_t(1) << bare.count;
    begins_[folded[0]] = begins_[bare.start[0]] = true;
    if (folded[0] >= 'a' && folded[0] <= 'z') begins_[folded[0] - 32] = true;
    names_.add(folded, bare.count, 0);
  }

  void seal() { names_.seal(); }

  /// False where the text is neither empty nor one of them; most texts are told apart here.
  SW_INLINE bool may_contain(const sw_slice &text) const {
    if (text.count == 0) return true;
    const uint8_t first = text.start[0], last = text.start[text.count - 1];
    return first <= ' ' || last <= ' ' || (begins_[first] && has_length(text.count));
  }

  /// Whether the text is one of them, or nothing but white space.
  SW_COLD bool contains(const sw_slice &text) const {
    const sw_slice bare = trimmed(text);
    return bare.count == 0 || (has_length(bare.count) && is_named(bare));
  }

 private:
  NameTable names_;
  uint64_t lengths_ = 0;  // a bit per length
  bool begins_[256] = {};

  bool has_length(uint64_t count) const {
    return count <= SW_MAX_PLACEHOLDER_BYTES && ((lengths_ >> count) & 1);
  }

  static uint8_t fold(uint8_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

  bool is_named(const sw_slice &text) const {
    uint8_t folded[SW_MAX_PLACEHOLDER_BYTES + 9];  // Name reads behind the end
    for (uint64_t i = 0; i < text.count; i++) folded[i] = fold(text.start[i]);
    for (uint64_t i = 0; i < 8; i++) folded[text.count + i] = 0;
    return names_.find(Name(folded, text.count)) != NameTable::missing;
  }
};

/// The bytes of the UTF-8 sequence at `p`; where it is none, of what one U+FFFD stands for (as WHATWG has
/// it: as much of a sequence as could have been one).
inline size_t utf8_sequence(const uint8_t *p, const uint8_t *end, bool &is_valid) {
  const uint8_t lead = *p;
  is_valid = lead < 0x80;
  if (lead < 0xC2 || lead > 0xF4) return 1;
  const size_t count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < count; i++, low = 0x80, high = 0xBF) {
    if (p + i == end || p[i] < low || p[i] > high) return i;
  }
  is_valid = true;
  return count;
}

/// Copies bytes to `out` with U+FFFD for what is no UTF-8 and returns how many they become: at most three
/// times as many. With `out` null they are only counted.
inline size_t repair_utf8(const uint8_t *bytes, size_t count, uint8_t *out) {
  static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD};
  const uint8_t *p = bytes, *const end = bytes + count;
  size_t repaired = 0;
  while (p < end) {
    bool is_valid;
    const size_t length = utf8_sequence(p, end, is_valid);
    const uint8_t *const from = is_valid ? p : replacement;
    const size_t taken = is_valid ? length : sizeof replacement;
    if (out) std::memcpy(out + repaired, from, taken);
    repaired += taken;
    p += length;
  }
  return repaired;
}

}  // namespace stillwatch
