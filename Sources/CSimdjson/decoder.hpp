// A decoder's state: the trie, the scratch, and the slots it fills.
#pragma once
#include <simdjson.h>
#include <cstring>
#include <memory>
#include "number.hpp"
#include "placeholders.hpp"
#include "rfc3339.hpp"
#include "trie.hpp"

/// Tracked names with what the document said of each; a slot counts where its bit is set.
struct Items {
  stillwatch::NameTable names;
  uint32_t count = 0;
  uint64_t present = 0;
  uint64_t is_number = 0;
  sw_slice texts[SW_MAX_TRACKED];
  int64_t numbers[SW_MAX_TRACKED];
  uint8_t ranks[SW_MAX_TRACKED];

  bool outranked(uint32_t item, uint8_t rank) const {
    return ((present >> item) & 1) != 0 && ranks[item] < rank;
  }

  void put(uint32_t item, uint8_t rank, sw_slice text) {
    present |= uint64_t(1) << item;
    texts[item] = text;
    ranks[item] = rank;
  }

  void put(uint32_t item, uint8_t rank, sw_slice text, bool has_number, int64_t number) {
    put(item, rank, text);
    is_number = (is_number & ~(uint64_t(1) << item)) | uint64_t(has_number) << item;
    numbers[item] = number;
  }

  void forget(uint32_t item) { present &= ~(uint64_t(1) << item); }
};

struct sw_decoder {
  std::vector<stillwatch::Node> nodes{1};
  Items fingerprints, signals;
  stillwatch::Placeholders placeholders;
  bool reads_key_value_lists;

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::unique_ptr<uint8_t[]> scratch;
  size_t capacity = 0;
  /// What values become that are not read as they are written: escapes undone, texts shortened.
  std::unique_ptr<uint8_t[]> arena;
  size_t arena_used = 0;
  /// One bit per container that a skipped value has open beyond the 64 innermost.
  std::unique_ptr<uint64_t[]> levels;
  bool is_repaired = false;  // the scratch has U+FFFD where the document had no UTF-8

  uint64_t document = 0;  // counts documents
  uint64_t walk = 0;      // counts walks over them: marks nodes as seen
  bool is_rewalk = false;   // this document was walked before
  bool has_repeats = false;  // this walk met a name more often than the last one did

  uint8_t ranks[SW_TEXT_COUNT + SW_NUMBER_COUNT];
  sw_event event{};

  /// Copies a document into the scratch, 64 zero bytes behind it, and clears the slots.
  /// False when memory is out.
  bool load(const uint8_t *bytes, size_t count) {
    if (count > capacity && !grow(count)) return false;
    if (count > 0) std::memcpy(scratch.get(), bytes, count);
    begin(count);
    return true;
  }

  /// The same with U+FFFD for what is no UTF-8; `count` becomes that of the copy.
  bool load_repaired(const uint8_t *bytes, size_t &count) {
    const size_t repaired = stillwatch::repair_utf8(bytes, count, nullptr);
    if (repaired > capacity && !grow(repaired)) return false;
    stillwatch::repair_utf8(bytes, count, scratch.get());
    count = repaired;
    begin(count);
    is_repaired = true;
    return true;
  }

  /// Clears what the last walk filled.
  void clear() {
    walk++;
    has_repeats = false;
    arena_used = 0;
    event.present = event.flawed = 0;
    event.fingerprint_count = event.signal_count = 0;
    event.rejected_field = SW_NO_FIELD;
    fingerprints.present = signals.present = 0;
  }

  SW_COLD void flaw(uint32_t field, sw_flaw flaw) {
    if (field >= SW_FIELD_COUNT) return;
    const uint32_t bit = 1u << field;
    if (!(event.flawed & bit)) event.flaws[field] = 0;
    event.flawed |= bit;
    event.flaws[field] |= uint16_t(1u << flaw);
  }

  /// Room for `count` bytes that last as long as the slots; null when it is used up.
  uint8_t *reserve(size_t count) {
    if (count > arena_size(capacity) - arena_used) return nullptr;
    uint8_t *const space = arena.get() + arena_used;
    arena_used += count;
    return space;
  }

  /// Lists what is present in the order of the tracked names, so that the order of members is no matter.
  void finish() {
    uint32_t n = 0;
    event.kinds_present = fingerprints.present;
    for (uint64_t rest = fingerprints.present; rest; rest &= rest - 1) {
      const uint32_t kind = uint32_t(__builtin_ctzll(rest));
      event.fingerprint_kinds[n] = uint8_t(kind);
      event.fingerprint_values[n++] = fingerprints.texts[kind];
    }
    event.fingerprint_count = n;
    n = 0;
    event.signals_present = signals.present;
    event.signal_is_number = 0;
    for (uint64_t rest = signals.present; rest; rest &= rest - 1) {
      const uint32_t name = uint32_t(__builtin_ctzll(rest));
      event.signal_is_number |= ((signals.is_number >> name) & 1) << n;
      event.signal_names[n] = uint8_t(name);
      event.signal_texts[n] = signals.texts[name];
      event.signal_numbers[n++] = signals.numbers[name];
    }
    event.signal_count = n;
  }

 private:
  /// Texts take no more than they are written with; numbers, and what becomes U+FFFD, take up to three times
  /// as much.
  static size_t arena_size(size_t capacity) { return 4 * capacity; }

  void begin(size_t count) {
    std::memset(scratch.get() + count, 0, simdjson::SIMDJSON_PADDING);
    document++;
    is_rewalk = is_repaired = false;
    clear();
  }

  bool grow(size_t count) {
    size_t larger = capacity ? capacity : 8192;
    while (larger < count) larger *= 2;
    capacity = 0;
    scratch.reset(new (std::nothrow) uint8_t[larger + simdjson::SIMDJSON_PADDING]);
    arena.reset(new (std::nothrow) uint8_t[arena_size(larger) + simdjson::SIMDJSON_PADDING]);
    levels.reset(new (std::nothrow) uint64_t[larger / 64 + 1]);
    if (!scratch || !arena || !levels) return false;
    const auto error =
        stage1 ? stage1->set_capacity(larger)
               : simdjson::get_active_implementation()->create_dom_parser_implementation(
                     larger, simdjson::DEFAULT_MAX_DEPTH, stage1);
    if (error) return false;
    capacity = larger;
    return true;
  }
};
