// The compiled field map: a trie of reference tokens, and the tables of tracked names.
#pragma once
#include <memory>
#include <string>
#include <vector>
#include "CSimdjson.h"
#include "text.hpp"

namespace stillwatch {

/// Maps names to numbers. Sealing looks for a hash without collisions: finding is then one probe and one
/// comparison. Names that cannot be kept apart (beyond 16 bytes only both ends are hashed) take more.
class NameTable {
 public:
  static constexpr uint32_t missing = ~0u;

  void add(const uint8_t *name, size_t count, uint32_t value) {
    storage_.emplace_back(new uint8_t[count + 8]());  // Name reads behind the end
    uint8_t *stored = storage_.back().get();
    std::memcpy(stored, name, count);
    names_.push_back({Name(stored, count), value});
  }

  void seal() {
    size_t size = 4;
    while (size < names_.size() * 4) size *= 2;
    mask_ = size - 1;
    for (uint64_t seed = 0; seed < 256 && probes_ > 1; seed++) place(seed);
  }

  uint32_t find(const Name &name) const {
    if (names_.empty()) return missing;
    const uint64_t first = name.hash(seed_);
    for (uint64_t i = 0; i < probes_; i++) {
      const Entry &entry = slots_[(first + i) & mask_];
      if (entry.name == name) return entry.value;
    }
    return missing;
  }

  /// The same, before sealing.
  uint32_t search(const Name &name) const {
    for (const Entry &entry : names_) {
      if (entry.name == name) return entry.value;
    }
    return missing;
  }

  bool empty() const { return names_.empty(); }

  /// Calls `body` with each value, in the order they were added.
  template <typename Body>
  void each(Body body) const {
    for (const Entry &entry : names_) body(entry.value);
  }

 private:
  struct Entry {
    Name name;
    uint32_t value;
  };
  std::vector<std::unique_ptr<uint8_t[]>> storage_;
  std::vector<Entry> names_, slots_;
  uint64_t mask_ = 0, seed_ = 0, probes_ = ~uint64_t(0);

  /// Fills a table under `seed` and keeps it if it needs fewer probes than the best so far.
  void place(uint64_t seed) {
    static const uint8_t nothing[16] = {};
    Entry vacant{Name(nothing, 0), missing};
    vacant.name.count = ~uint64_t(0);  // equal to no name
    std::vector<Entry> slots(mask_ + 1, vacant);
    uint64_t probes = 1;
    for (const Entry &entry : names_) {
      uint64_t at = entry.name.hash(seed), taken = 1;
      for (; slots[at & mask_].value != missing; at++) taken++;
      slots[at & mask_] = entry;
      probes = taken > probes ? taken : probes;
    }
    if (probes >= probes_) return;
    slots_ = std::move(slots);
    seed_ = seed;
    probes_ = probes;
  }
};

/// What a value fills.
struct Leaf {
  uint8_t field, item, rank;
  sw_form form;
};

/// One place in the document.
struct Node {
  NameTable members;
  std::vector<std::pair<uint32_t, uint32_t>> elements;  // array index, child
  std::vector<Leaf> leaves;
  uint8_t map = SW_NO_FIELD;  // SW_FINGERPRINTS or SW_SIGNALS: every member is one
  uint8_t map_rank = 0;
  static constexpr uint32_t no_root = ~0u;
  uint32_t elements_root = no_root;  // where the elements of the list here are read from
  bool embeds = false;               // a text here is a document
  bool judges = false;               // names of members tell whether this is an event at all
  bool is_special = false;           // a map, or some member needs more than a look at the trie
  uint64_t seen = 0;  // the walk in which it was last met
  // Where a document has several values for it: which, how many, and how many this walk met so far.
  uint64_t repeated_in = 0;
  uint32_t occurrences = 0, met = 0;

  /// Whether the value here is taken apart rather than read.
  bool is_seam() const { return embeds || elements_root != no_root; }

  /// The field to blame for what is wrong here.
  uint8_t field() const {
    return map != SW_NO_FIELD ? map : leaves.empty() ? uint8_t(SW_NO_FIELD) : leaves[0].field;
  }
};

}  // namespace stillwatch
