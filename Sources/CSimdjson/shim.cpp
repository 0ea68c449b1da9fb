#include "CSimdjson.h"
#include <charconv>
#include <string>
#include "batch.hpp"

using namespace stillwatch;

sw_decoder *sw_decoder_create(int reads_key_value_lists) {
  sw_decoder *decoder = new sw_decoder;
  decoder->reads_key_value_lists = reads_key_value_lists != 0;
  return decoder;
}

void sw_decoder_destroy(sw_decoder *decoder) { delete decoder; }

sw_event *sw_decoder_event(sw_decoder *decoder) { return &decoder->event; }

sw_record *sw_decoder_record(sw_decoder *decoder) { return &decoder->record; }

/// The array index a token stands for: digits without a leading zero, as RFC 6901 has it.
static bool array_index(const uint8_t *token, size_t count, uint32_t &index) {
  if (count == 0 || count > 9 || (count > 1 && token[0] == '0')) return false;
  index = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_digit(token[i])) return false;
    index = index * 10 + (token[i] - '0');
  }
  return true;
}

uint32_t sw_decoder_child(
    sw_decoder *decoder, uint32_t node, const uint8_t *token, size_t count) {
  std::string padded(reinterpret_cast<const char *>(token), count);
  padded.append(8, '\0');
  const Name name(reinterpret_cast<const uint8_t *>(padded.data()), count);
  const uint32_t known = decoder->nodes[node].members.search(name);
  if (known != NameTable::missing) return known;
  const uint32_t child = uint32_t(decoder->nodes.size());
  decoder->nodes.emplace_back();
  decoder->nodes[node].members.add(token, count, child);
  uint32_t index;
  if (array_index(token, count, index)) {
    decoder->nodes[node].elements.emplace_back(index, child);
  }
  return child;
}

void sw_decoder_leaf(
    sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t item, uint8_t rank, sw_form form) {
  decoder->nodes[node].leaves.push_back({field, item, rank, form});
}

void sw_decoder_map(sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t rank) {
  decoder->nodes[node].map = field;
  decoder->nodes[node].map_rank = rank;
  decoder->nodes[node].is_special = true;
}

uint32_t sw_decoder_root(sw_decoder *decoder) {
  decoder->nodes.emplace_back();
  return uint32_t(decoder->nodes.size() - 1);
}

/// Makes room for what is taken apart, once.
static void take_apart(sw_decoder *decoder) {
  if (!decoder->contexts) decoder->contexts.reset(new Context[sw_decoder::max_levels]);
  decoder->is_taken_apart = true;
}

void sw_decoder_list(sw_decoder *decoder, uint32_t node, uint32_t root) {
  decoder->nodes[node].elements_root = root;
  take_apart(decoder);
}

void sw_decoder_embed(sw_decoder *decoder, uint32_t node) {
  decoder->nodes[node].embeds = true;
  decoder->has_embedded = true;
  take_apart(decoder);
}

void sw_decoder_envelope(sw_decoder *decoder, uint32_t root, int has_list) {
  decoder->envelope = root;
  decoder->has_list = has_list != 0;
}

void sw_decoder_only(sw_decoder *decoder, const uint8_t *prefix, size_t count) {
  decoder->wanted.emplace_back(reinterpret_cast<const char *>(prefix), count);
  take_apart(decoder);
}

void sw_decoder_judge(sw_decoder *decoder, uint32_t node) { decoder->nodes[node].judges = true; }

void sw_decoder_zone(sw_decoder *decoder, int32_t minutes) {
  decoder->zone.is_known = true;
  decoder->zone.minutes = minutes;
}

static Items &items(sw_decoder *decoder, uint8_t field) {
  return field == SW_FINGERPRINTS ? decoder->fingerprints : decoder->signals;
}

void sw_decoder_track(sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count) {
  Items &tracked = items(decoder, field);
  if (tracked.count < SW_MAX_TRACKED) tracked.names.add(name, count, tracked.count++);
}

void sw_decoder_placeholder(sw_decoder *decoder, const uint8_t *text, size_t count) {
  decoder->placeholders.add(text, count);
}

/// Whether something under `node` is taken apart where it is met.
static bool has_seams(const sw_decoder *decoder, const Node &node) {
  bool found = false;
  node.members.each([&](uint32_t child) { found |= decoder->nodes[child].is_seam(); });
  return found;
}

void sw_decoder_seal(sw_decoder *decoder) {
  decoder->placeholders.seal();
  for (Node &node : decoder->nodes) {
    node.is_special |= node.judges || has_seams(decoder, node);
    node.members.seal();
  }
  decoder->fingerprints.names.seal();
  decoder->signals.names.seal();
}

sw_reason sw_decoder_decode_json(sw_decoder *decoder, const uint8_t *bytes, size_t count) {
  decoder->record.is_split = decoder->record.skipped = decoder->record.lacks_zone = 0;
  if (count >= simdjson::SIMDJSON_MAXSIZE_BYTES || !decoder->load(bytes, count) ||
      !decoder->text.find_structure(bytes, count)) {
    return SW_MALFORMED;
  }
  if (decoder->is_taken_apart) return Batch(*decoder).begin();
  sw_reason reason = Walker(*decoder).document();
  // Each walk settles the repeated names one level further down.
  while (reason == SW_OK && decoder->has_repeats) {
    decoder->is_rewalk = true;
    decoder->clear();
    reason = Walker(*decoder).document();
  }
  if (reason == SW_OK) decoder->finish();
  return reason;
}

sw_reason sw_decoder_next_json(sw_decoder *decoder) { return Batch(*decoder).next(); }

const uint8_t *sw_decoder_load(sw_decoder *decoder, const uint8_t *bytes, size_t count) {
  return decoder->load(bytes, count) ? decoder->text.scratch.get() : nullptr;
}

uint32_t sw_decoder_find(
    const sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count) {
  const Items &tracked = field == SW_FINGERPRINTS ? decoder->fingerprints : decoder->signals;
  const uint32_t index = tracked.names.find(Name(name, count));
  return index == NameTable::missing ? uint32_t(SW_UNTRACKED) : index;
}

static SW_INLINE void forget(sw_decoder *decoder, uint8_t field, uint8_t item) {
  if (field < SW_FINGERPRINTS) {
    decoder->event.present &= ~(1u << field);
  } else if (item < SW_MAX_TRACKED) {
    items(decoder, field).forget(item);
  }
}

void sw_decoder_forget(sw_decoder *decoder, uint8_t field, uint8_t item) {
  forget(decoder, field, item);
}

uint8_t sw_decoder_rank(const sw_decoder *decoder, uint8_t field, uint8_t item) {
  if (field < SW_FINGERPRINTS) return decoder->ranks[field];
  const auto &items = field == SW_FINGERPRINTS ? decoder->fingerprints : decoder->signals;
  return items.ranks[item];
}

void sw_decoder_flaw(sw_decoder *decoder, uint8_t field, sw_flaw flaw) {
  decoder->flaw(field, flaw);
}

static SW_INLINE void fill(
    sw_decoder *decoder, uint8_t field, uint8_t item, const Scalar &value) {
  forget(decoder, field, item);
  Slots(*decoder).fill(Leaf{field, item, 0, SW_PLAIN}, value);
}

/// Whether bytes of the scratch are ASCII. Looks at eight at a time, the last ones with what follows.
static bool is_ascii(const sw_slice &text) {
  uint64_t high = 0, at = 0;
  for (; at + 8 < text.count; at += 8) high |= load8(text.start + at);
  high |= load8(text.start + at) << (8 * (8 - (text.count - at)));
  return (high & 0x8080808080808080u) == 0;
}

/// A copy with U+FFFD for what is no UTF-8 (marked as half a surrogate pair would be).
static SW_COLD bool read_odd_text(sw_decoder *decoder, Scalar &value) {
  const sw_slice text = value.bytes;
  if (simdjson::validate_utf8(reinterpret_cast<const char *>(text.start), text.count)) return true;
  const size_t count = repair_utf8(text.start, text.count, nullptr);
  uint8_t *const copy = decoder->reserve(count);
  if (!copy) return false;
  repair_utf8(text.start, text.count, copy);
  value.bytes = {copy, count};
  value.lone_surrogate = true;
  return true;
}

static SW_INLINE bool read_text(sw_decoder *decoder, sw_slice text, Scalar &value) {
  value.type = Scalar::text;
  value.bytes = text;
  return text.count == 0 || is_ascii(text) || read_odd_text(decoder, value);
}

/// Fills the slot of a text that needs no second look; false for any other.
static SW_INLINE bool fill_plain(
    sw_decoder *decoder, uint8_t field, uint8_t item, const sw_slice &text) {
  if (text.count == 0 || !Slots(*decoder).is_plain(text, Slots::limit(field))) return false;
  if (field >= SW_TEXT_COUNT && field != SW_FINGERPRINTS) return false;
  if (!is_ascii(text)) return false;
  decoder->event.present |= 1u << field;
  if (field < SW_TEXT_COUNT) {
    decoder->ranks[field] = 0;
    decoder->event.texts[field] = text;
  } else if (item < SW_MAX_TRACKED) {
    decoder->fingerprints.put(item, 0, text);
  }
  return true;
}

static __attribute__((noinline)) void fill_odd_text(
    sw_decoder *decoder, uint8_t field, uint8_t item, sw_slice text) {
  Scalar value;
  if (!read_text(decoder, text, value)) {
    forget(decoder, field, item);
    return decoder->flaw(field, SW_FLAW_INVALID_UTF8);
  }
  fill(decoder, field, item, value);
}

void sw_decoder_fill_text(sw_decoder *decoder, uint8_t field, uint8_t item, sw_slice text) {
  if (!fill_plain(decoder, field, item, text)) fill_odd_text(decoder, field, item, text);
}

static __attribute__((noinline)) void fill_odd_integer(
    sw_decoder *decoder, uint8_t field, uint8_t item, int64_t number) {
  Scalar value;
  value.type = Scalar::number;
  value.bytes = {nullptr, 0};
  value.decimal.negative = number < 0;
  value.decimal.mantissa = number < 0 ? -uint64_t(number) : uint64_t(number);
  fill(decoder, field, item, value);
}

void sw_decoder_fill_integer(sw_decoder *decoder, uint8_t field, uint8_t item, int64_t number) {
  if (field >= SW_TEXT_COUNT && field < SW_TIME && uint64_t(number) <= uint64_t(SW_MAX_NUMBER)) {
    decoder->event.present |= 1u << field;
    decoder->ranks[field] = 0;
    decoder->event.numbers[field - SW_TEXT_COUNT] = number;
    return;
  }
  fill_odd_integer(decoder, field, item, number);
}

void sw_decoder_fill_double(sw_decoder *decoder, uint8_t field, uint8_t item, double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  const size_t count = size_t(end - text);
  uint8_t *const copy = decoder->reserve(count);
  Scalar value;
  value.type = Scalar::number;
  if (!copy) return decoder->flaw(field, SW_FLAW_RANGE);
  forget(decoder, field, item);
  std::memcpy(copy, text, count);
  value.bytes = {copy, count};
  // Not a number, and infinities, are spelled with letters.
  if (!parse_any(copy, copy + count, value.decimal)) return decoder->flaw(field, SW_FLAW_RANGE);
  fill(decoder, field, item, value);
}

void sw_decoder_fill_bool(sw_decoder *decoder, uint8_t field, uint8_t item, int flag) {
  Scalar value;
  value.type = flag ? Scalar::yes : Scalar::no;
  value.bytes = {nullptr, 0};
  fill(decoder, field, item, value);
}

void sw_decoder_finish(sw_decoder *decoder) { decoder->finish(); }

/// Whether each of eight bytes is a digit or a dot.
static bool is_dotted(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  const uint64_t slashes = word ^ ones * '/';
  const uint64_t outside = (word + ones * (0x80 - ':')) | (word - ones * '.');
  return ((outside | ((slashes - ones) & ~slashes)) & high) == 0;
}

int sw_is_dotted(sw_slice text) {
  if (text.count < 8 || text.count > 16) return 0;
  return is_dotted(load8(text.start)) && is_dotted(load8(text.start + text.count - 8));
}
