// A decoder's state: the trie, the scratch, and the slots it fills.
#pragma once
#include <simdjson.h>
#include <cstring>
#include <memory>
#include "document.hpp"
#include "number.hpp"
#include "placeholders.hpp"
#include "rfc3339.hpp"
#include "trie.hpp"

/// What the document said of each tracked name; a slot counts where its bit is set.
struct ItemValues {
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

/// Tracked names with their values.
struct Items : ItemValues {
  stillwatch::NameTable names;
  uint32_t count = 0;
};

/// Slots as the containers around an element left them.
struct Context {
  sw_event event{};
  ItemValues fingerprints, signals;
  uint8_t ranks[SW_TEXT_COUNT + SW_NUMBER_COUNT];
  size_t text_used = 0, inner_used = 0;
};

/// A list that is being read: the next element, null behind the last, and how it is read.
struct Frame {
  const uint32_t *at;
  uint32_t root, level;
  bool is_inner;
};

struct sw_decoder {
  std::vector<stillwatch::Node> nodes{1};
  Items fingerprints, signals;
  stillwatch::Placeholders placeholders;
  bool reads_key_value_lists;

  stillwatch::Document text;
  stillwatch::Document *current = &text;  // the one being walked
  stillwatch::Zone zone;

  uint64_t document = 0;  // counts documents and elements
  uint64_t walk = 0;      // counts walks over them: marks nodes as seen
  bool is_rewalk = false;   // this document was walked before
  bool has_repeats = false;  // this walk met a name more often than the last one did

  uint8_t ranks[SW_TEXT_COUNT + SW_NUMBER_COUNT];
  sw_event event{};

  bool is_no_request = false;
  sw_record record{};

  // Records that hold events: where reading begins, the lists being read, and a text inside the text.
  static constexpr uint32_t max_levels = 6, max_lists = 4;
  uint32_t envelope = 0;
  bool is_taken_apart = false, has_list = false, has_embedded = false;
  std::vector<std::string> wanted;  // names that make an event begin so; none: everything is one
  stillwatch::Document inner;
  Frame frames[max_levels * max_lists];
  uint32_t frame_count = 0, elements = 0;
  std::unique_ptr<Context[]> contexts;  // one a level; none where nothing is taken apart

  /// Copies a document into the scratch, 64 zero bytes behind it, and clears the slots.
  /// False when memory is out.
  bool load(const uint8_t *bytes, size_t count) {
    current = &text;
    if (!text.load(bytes, count)) return false;
    document++;
    is_rewalk = false;
    clear();
    return true;
  }

  /// Clears what the last walk filled.
  void clear() {
    walk++;
    has_repeats = is_no_request = false;
    text.arena_used = inner.arena_used = 0;
    event.present = event.flawed = 0;
    event.fingerprint_count = event.signal_count = 0;
    event.rejected_field = SW_NO_FIELD;
    fingerprints.present = signals.present = 0;
  }

  /// Keeps the slots for the elements of level `level`.
  void keep(uint32_t level) {
    Context &context = contexts[level];
    context.event = event;
    context.fingerprints = fingerprints;
    context.signals = signals;
    context.text_used = text.arena_used;
    context.inner_used = inner.arena_used;
    std::memcpy(context.ranks, ranks, sizeof ranks);
  }

  /// Fills the slots with what the containers around level `level` said.
  void restore(uint32_t level) {
    clear();
    if (level == 0 || (contexts[level].event.present | contexts[level].event.flawed) == 0) return;
    const Context &context = contexts[level];
    event = context.event;
    static_cast<ItemValues &>(fingerprints) = context.fingerprints;
    static_cast<ItemValues &>(signals) = context.signals;
    text.arena_used = context.text_used;
    inner.arena_used = context.inner_used;
    std::memcpy(ranks, context.ranks, sizeof ranks);
  }

  void flaw(uint32_t field, sw_flaw flaw) {
    if (field >= SW_FIELD_COUNT) return;
    const uint32_t bit = 1u << field;
    if (!(event.flawed & bit)) event.flaws[field] = 0;
    event.flawed |= bit;
    event.flaws[field] |= uint16_t(1u << flaw);
  }

  /// Room for `count` bytes that last as long as the slots; null when it is used up.
  uint8_t *reserve(size_t count) { return current->reserve(count); }

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
};
