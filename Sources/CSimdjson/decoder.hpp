// A decoder's state: the trie, the scratch, and the slots it fills.
#pragma once
#include <simdjson.h>
#include <cstring>
#include <memory>
#include "number.hpp"
#include "rfc3339.hpp"
#include "trie.hpp"

/// Tracked names with what the document said of each; a slot counts where its bit is set.
struct Items {
  stillwatch::NameTable names;
  uint32_t count = 0;
  uint64_t present = 0;
  uint64_t is_text = 0;
  sw_slice texts[SW_MAX_TRACKED];
  int64_t numbers[SW_MAX_TRACKED];
  uint8_t ranks[SW_MAX_TRACKED];

  bool outranked(uint32_t item, uint8_t rank) const {
    return ((present >> item) & 1) != 0 && ranks[item] <= rank;
  }

  void put(uint32_t item, uint8_t rank, int64_t number, sw_slice text) {
    const uint64_t bit = uint64_t(1) << item;
    present |= bit;
    is_text = text.start ? is_text | bit : is_text & ~bit;
    texts[item] = text;
    numbers[item] = number;
    ranks[item] = rank;
  }
};

struct sw_decoder {
  std::vector<stillwatch::Node> nodes{1};
  Items fingerprints, signals;
  uint32_t max_depth;
  bool reads_key_value_lists;

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::unique_ptr<uint8_t[]> scratch;
  size_t capacity = 0;
  uint64_t document = 0;  // counts documents: marks nodes as seen

  uint8_t ranks[SW_TEXT_COUNT + SW_NUMBER_COUNT];
  bool empty_account = false;
  uint32_t fingerprints_met = 0, signals_met = 0;
  sw_event event{};

  /// Copies a document into the scratch, 64 zero bytes behind it, and clears the slots.
  /// False when memory is out.
  bool load(const uint8_t *bytes, size_t count) {
    if (count > capacity && !grow(count)) return false;
    if (count > 0) std::memcpy(scratch.get(), bytes, count);
    std::memset(scratch.get() + count, 0, simdjson::SIMDJSON_PADDING);
    document++;
    event.present = 0;
    event.fingerprint_count = event.signal_count = event.signal_is_text = 0;
    event.rejected_field = SW_NO_FIELD;
    fingerprints.present = signals.present = 0;
    fingerprints_met = signals_met = 0;
    empty_account = false;
    return true;
  }

  /// Lists what is present in the order of the tracked names, so that the order of members is no matter.
  void finish() {
    uint32_t n = 0;
    for (uint64_t rest = fingerprints.present; rest && n < SW_MAX_ITEMS; rest &= rest - 1) {
      const uint32_t kind = uint32_t(__builtin_ctzll(rest));
      event.fingerprint_kinds[n] = uint8_t(kind);
      event.fingerprint_values[n++] = fingerprints.texts[kind];
    }
    event.fingerprint_count = n;
    n = 0;
    for (uint64_t rest = signals.present; rest && n < SW_MAX_ITEMS; rest &= rest - 1) {
      const uint32_t name = uint32_t(__builtin_ctzll(rest));
      event.signal_is_text |= uint32_t((signals.is_text >> name) & 1) << n;
      event.signal_names[n] = uint8_t(name);
      event.signal_texts[n] = signals.texts[name];
      event.signal_numbers[n++] = signals.numbers[name];
    }
    event.signal_count = n;
  }

 private:
  bool grow(size_t count) {
    size_t larger = capacity ? capacity : 8192;
    while (larger < count) larger *= 2;
    auto bytes = new (std::nothrow) uint8_t[larger + simdjson::SIMDJSON_PADDING];
    if (!bytes) return false;
    scratch.reset(bytes);
    capacity = 0;
    const auto error =
        stage1 ? stage1->set_capacity(larger)
               : simdjson::get_active_implementation()->create_dom_parser_implementation(
                     larger, simdjson::DEFAULT_MAX_DEPTH, stage1);
    if (error) return false;
    capacity = larger;
    return true;
  }
};
