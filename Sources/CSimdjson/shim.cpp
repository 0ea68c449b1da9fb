#include "CSimdjson.h"
#include <string>
#include "walker.hpp"

using namespace stillwatch;

sw_decoder *sw_decoder_create(uint32_t max_depth, int reads_key_value_lists) {
  sw_decoder *decoder = new sw_decoder;
  // The walker keeps one bit per open container in a word.
  decoder->max_depth = max_depth < 64 ? max_depth : 64;
  decoder->reads_key_value_lists = reads_key_value_lists != 0;
  return decoder;
}

void sw_decoder_destroy(sw_decoder *decoder) { delete decoder; }

sw_event *sw_decoder_event(sw_decoder *decoder) { return &decoder->event; }

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
}

void sw_decoder_single(sw_decoder *decoder, uint32_t node) { decoder->nodes[node].single = true; }

static Items &items(sw_decoder *decoder, uint8_t field) {
  return field == SW_FINGERPRINTS ? decoder->fingerprints : decoder->signals;
}

void sw_decoder_track(sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count) {
  Items &tracked = items(decoder, field);
  if (tracked.count < SW_MAX_TRACKED) tracked.names.add(name, count, tracked.count++);
}

void sw_decoder_seal(sw_decoder *decoder) {
  for (Node &node : decoder->nodes) node.members.seal();
  decoder->fingerprints.names.seal();
  decoder->signals.names.seal();
}

sw_reason sw_decoder_decode_json(sw_decoder *decoder, const uint8_t *bytes, size_t count) {
  if (count >= simdjson::SIMDJSON_MAXSIZE_BYTES || !decoder->load(bytes, count)) {
    return SW_MALFORMED;
  }
  if (count == 0) return SW_MALFORMED;
  const auto error =
      decoder->stage1->stage1(decoder->scratch.get(), count, simdjson::stage1_mode::regular);
  if (error) {
    // Stage 1 stops at the first of several faults; bytes that are no text at all are named first.
    return sw_valid_utf8(decoder->scratch.get(), count) ? SW_MALFORMED : SW_INVALID_UTF8;
  }
  const sw_reason reason = Walker(*decoder, count).document();
  if (reason != SW_OK) return reason;
  if (decoder->empty_account && !(decoder->event.present & (1u << SW_ACCOUNT))) {
    decoder->event.rejected_field = SW_ACCOUNT;
    return SW_ACCOUNT_LENGTH;
  }
  decoder->finish();
  return SW_OK;
}

const uint8_t *sw_decoder_load(sw_decoder *decoder, const uint8_t *bytes, size_t count) {
  return decoder->load(bytes, count) ? decoder->scratch.get() : nullptr;
}

uint32_t sw_decoder_find(
    const sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count) {
  const Items &tracked = field == SW_FINGERPRINTS ? decoder->fingerprints : decoder->signals;
  const uint32_t index = tracked.names.find(Name(name, count));
  return index == NameTable::missing ? uint32_t(SW_UNTRACKED) : index;
}

void sw_decoder_put_fingerprint(sw_decoder *decoder, uint32_t kind, sw_slice value) {
  decoder->fingerprints.put(kind, 0, 0, value);
}

void sw_decoder_put_signal(sw_decoder *decoder, uint32_t name, int64_t number, sw_slice text) {
  decoder->signals.put(name, 0, number, text);
}

void sw_decoder_drop(sw_decoder *decoder, uint8_t field, uint32_t item) {
  items(decoder, field).present &= ~(uint64_t(1) << item);
}

void sw_decoder_finish(sw_decoder *decoder) { decoder->finish(); }

int sw_valid_utf8(const uint8_t *bytes, size_t count) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(bytes), count);
}
