// The JSON side of the Events module: simdjson's stage 1 and a walk of the document against a compiled
// trie of JSON pointers, behind a C interface. Nothing here throws; nothing allocates once warm.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Canonical fields, in the order of Swift's EventField. The first ten are texts, the next ten numbers.
enum {
  SW_ACCOUNT = 0,
  SW_TEXT_COUNT = 10,
  SW_STATUS = 10,
  SW_TURN = 11,
  SW_TIME = 18,
  SW_ACCOUNT_CREATED = 19,
  SW_NUMBER_COUNT = 10,
  SW_FINGERPRINTS = 20,
  SW_SIGNALS = 21,
  SW_NO_FIELD = 255,
};

/// Limits of the request event.
enum {
  SW_MAX_ITEMS = 16,
  SW_MAX_ACCOUNT_BYTES = 256,
  SW_MAX_FINGERPRINT_BYTES = 512,
  SW_MAX_TRACKED = 64,
  SW_UNTRACKED = 255,
};

/// The largest magnitude of a number: sums of 2^31 such values still fit 64 bits.
static const int64_t SW_MAX_NUMBER = 4294967295;
/// 2000-01-01 and 2100-01-01, in milliseconds since the Unix epoch: times lie in [min, max).
static const int64_t SW_MIN_TIME_MS = 946684800000;
static const int64_t SW_MAX_TIME_MS = 4102444800000;

/// Why a document was rejected.
typedef enum {
  SW_OK = 0,
  SW_MALFORMED,
  SW_INVALID_UTF8,
  SW_TOO_DEEP,
  SW_NOT_AN_OBJECT,
  SW_BAD_TIME,
  SW_ACCOUNT_LENGTH,
  SW_WRONG_TYPE,
  SW_NEGATIVE_NUMBER,
  SW_NUMBER_RANGE,
  SW_TOO_MANY_FINGERPRINTS,
  SW_FINGERPRINT_LENGTH,
  SW_TOO_MANY_SIGNALS,
  SW_DUPLICATE_FIELD,
  SW_UNKNOWN_SCHEMA,
} sw_reason;

/// How the value at a pointer spells its field.
typedef enum {
  SW_PLAIN = 0,         // as the canonical event does
  SW_MILLISECONDS = 1,  // a number or a decimal text; fractions are cut
  SW_SECONDS = 2,
  SW_NANOSECONDS = 3,
  SW_DECIMAL = 4,       // a number, or a text; a text that is no integer counts as missing
} sw_form;

/// Bytes lent by the decoder until its next document.
typedef struct {
  const uint8_t *start;
  uint64_t count;
} sw_slice;

/// One decoded event: slots and presence bits. Slots whose bit is clear hold leftovers.
typedef struct sw_event {
  sw_slice texts[SW_TEXT_COUNT];
  int64_t numbers[SW_NUMBER_COUNT];
  sw_slice fingerprint_values[SW_MAX_ITEMS];
  sw_slice signal_texts[SW_MAX_ITEMS];
  int64_t signal_numbers[SW_MAX_ITEMS];
  uint8_t fingerprint_kinds[SW_MAX_ITEMS];
  uint8_t signal_names[SW_MAX_ITEMS];
  uint32_t present;  // a bit per field
  uint32_t fingerprint_count;
  uint32_t signal_count;
  uint32_t signal_is_text;  // a bit per signal
  uint32_t rejected_field;  // SW_NO_FIELD where none is to blame
} sw_event;

/// Where the slots lie, for readers that load them directly.
enum {
  SW_OFFSET_NUMBERS = offsetof(sw_event, numbers),
  SW_OFFSET_FINGERPRINT_VALUES = offsetof(sw_event, fingerprint_values),
  SW_OFFSET_SIGNAL_TEXTS = offsetof(sw_event, signal_texts),
  SW_OFFSET_SIGNAL_NUMBERS = offsetof(sw_event, signal_numbers),
  SW_OFFSET_FINGERPRINT_KINDS = offsetof(sw_event, fingerprint_kinds),
  SW_OFFSET_SIGNAL_NAMES = offsetof(sw_event, signal_names),
  SW_OFFSET_PRESENT = offsetof(sw_event, present),
  SW_OFFSET_FINGERPRINT_COUNT = offsetof(sw_event, fingerprint_count),
  SW_OFFSET_SIGNAL_COUNT = offsetof(sw_event, signal_count),
  SW_OFFSET_SIGNAL_IS_TEXT = offsetof(sw_event, signal_is_text),
};

typedef struct sw_decoder sw_decoder;

sw_decoder *sw_decoder_create(uint32_t max_depth, int reads_key_value_lists);
void sw_decoder_destroy(sw_decoder *decoder);
/// The slots, owned by the decoder and at one address for its life.
sw_event *sw_decoder_event(sw_decoder *decoder);

// Compiling: node 0 is the root. Seal before the first document; add nothing afterwards.

/// The child of `node` for one reference token, made where it is missing.
uint32_t sw_decoder_child(sw_decoder *decoder, uint32_t node, const uint8_t *token, size_t count);
/// Lets the value at `node` fill `field`; `item` is the tracked kind or signal. The lowest rank wins.
void sw_decoder_leaf(
    sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t item, uint8_t rank, sw_form form);
/// Lets each member of the object at `node` be a fingerprint or a signal.
void sw_decoder_map(sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t rank);
/// Rejects documents whose array at `node` has more than one element.
void sw_decoder_single(sw_decoder *decoder, uint32_t node);
/// Adds the next tracked kind (SW_FINGERPRINTS) or signal (SW_SIGNALS).
void sw_decoder_track(sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count);
void sw_decoder_seal(sw_decoder *decoder);

/// Decodes one JSON text into the decoder's slots; the slices point into the decoder's own copy.
sw_reason sw_decoder_decode_json(sw_decoder *decoder, const uint8_t *bytes, size_t count);

// For other encodings: the same slots, filled from outside.

/// Copies `bytes` into the decoder's scratch (64 zero bytes follow), clears the slots, returns the copy.
const uint8_t *sw_decoder_load(sw_decoder *decoder, const uint8_t *bytes, size_t count);
/// The index of a tracked name or SW_UNTRACKED. Eight bytes behind the name must be readable.
uint32_t sw_decoder_find(
    const sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count);
/// Keeps a tracked fingerprint; a later one of the same kind replaces it.
void sw_decoder_put_fingerprint(sw_decoder *decoder, uint32_t kind, sw_slice value);
/// Keeps a tracked signal (a text where `text.start` is set); a later one of the same name replaces it.
void sw_decoder_put_signal(sw_decoder *decoder, uint32_t name, int64_t number, sw_slice text);
/// Forgets a tracked fingerprint or signal kept earlier in this document.
void sw_decoder_drop(sw_decoder *decoder, uint8_t field, uint32_t item);
/// Lists fingerprints and signals in the order of the tracked names.
void sw_decoder_finish(sw_decoder *decoder);

/// 1 when `bytes` are valid UTF-8.
int sw_valid_utf8(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
