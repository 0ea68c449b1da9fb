// The compiled field map: a trie of reference tokens, and the tables of tracked names.
#pragma once
#include <memory>
#include <vector>
#include "CSimdjson.h"
#include "text.hpp"

namespace stillwatch {

/// Maps names to numbers; open addressing, at most half full.
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
    if (names_.empty()) return;
    size_t size = 4;
    while (size < names_.size() * 2) size *= 2;
    mask_ = size - 1;
    slots_.assign(size, -1);
    for (size_t i = 0; i < names_.size(); i++) {
      uint64_t at = names_[i].name.hash() & mask_;
      while (slots_[at] >= 0) at = (at + 1) & mask_;
      slots_[at] = int32_t(i);
    }
  }

  uint32_t find(const Name &name) const {
    if (slots_.empty()) return missing;
    for (uint64_t at = name.hash() & mask_; slots_[at] >= 0; at = (at + 1) & mask_) {
      const Entry &entry = names_[size_t(slots_[at])];
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

 private:
  struct Entry {
    Name name;
    uint32_t value;
  };
  std::vector<std::unique_ptr<uint8_t[]>> storage_;
  std::vector<Entry> names_;
  std::vector<int32_t> slots_;
  uint64_t mask_ = 0;
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
  bool single = false;
  uint64_t seen = 0;  // the document in which it was last met

  /// The field to blame for what is wrong here.
  uint8_t field() const {
    return map != SW_NO_FIELD ? map : leaves.empty() ? uint8_t(SW_NO_FIELD) : leaves[0].field;
  }
};

}  // namespace stillwatch
