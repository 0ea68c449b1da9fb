// One JSON text with what simdjson's stage 1 found in it.
#pragma once
#include <simdjson.h>
#include <cstring>
#include <memory>
#include "placeholders.hpp"

namespace stillwatch {

/// A copy of a text, 64 zero bytes behind it; the walk changes nothing in it.
struct Document {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::unique_ptr<uint8_t[]> scratch;
  size_t capacity = 0, count = 0;
  /// What values become that are not read as they are written: escapes undone, texts shortened.
  std::unique_ptr<uint8_t[]> arena;
  size_t arena_used = 0;
  /// One bit per container that a skipped value has open beyond the 64 innermost.
  std::unique_ptr<uint64_t[]> levels;
  bool is_repaired = false;  // the copy has U+FFFD where the text had no UTF-8

  /// Copies a text; false when memory is out.
  bool load(const uint8_t *bytes, size_t size) {
    if (!begin(size)) return false;
    if (size > 0) std::memcpy(scratch.get(), bytes, size);
    return true;
  }

  /// The same with U+FFFD for what is no UTF-8.
  bool load_repaired(const uint8_t *bytes, size_t size) {
    if (!begin(repair_utf8(bytes, size, nullptr))) return false;
    repair_utf8(bytes, size, scratch.get());
    is_repaired = true;
    return true;
  }

  /// Copies what is between the quotes of a string, without its escapes.
  bool load_unescaped(const sw_slice &raw) {
    if (!begin(raw.count)) return false;
    uint64_t size = raw.count;
    if (unescape(raw.start, size, scratch.get()) == Escapes::malformed) return false;
    return finish(size);
  }

  /// Finds the structural characters, in a repaired copy where the text is no UTF-8.
  bool find_structure(const uint8_t *bytes, size_t size) {
    if (count == 0) return false;
    const auto mode = simdjson::stage1_mode::regular;
    if (!stage1->stage1(scratch.get(), count, mode)) return true;
    const bool is_text =
        simdjson::validate_utf8(reinterpret_cast<const char *>(scratch.get()), count);
    if (is_text || !load_repaired(bytes, size)) return false;
    return !stage1->stage1(scratch.get(), count, mode);
  }

  /// Room for `size` bytes that last as long as the slots; null when it is used up.
  uint8_t *reserve(size_t size) {
    if (size > arena_size(capacity) - arena_used) return nullptr;
    uint8_t *const space = arena.get() + arena_used;
    arena_used += size;
    return space;
  }

 private:
  /// Texts take no more than they are written with; numbers, and what becomes U+FFFD, take up to three times
  /// as much.
  static size_t arena_size(size_t capacity) { return 4 * capacity; }

  bool begin(size_t size) {
    is_repaired = false;
    return (size <= capacity || grow(size)) && finish(size);
  }

  bool finish(size_t size) {
    count = size;
    std::memset(scratch.get() + size, 0, simdjson::SIMDJSON_PADDING);
    return true;
  }

  bool grow(size_t size) {
    size_t larger = capacity ? capacity : 8192;
    while (larger < size) larger *= 2;
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

}  // namespace stillwatch
