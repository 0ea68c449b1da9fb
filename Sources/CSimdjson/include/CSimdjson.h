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
  SW_FIELD_COUNT = 22,
  SW_SKIP = 250,  // no field: a value that tells what is no request
  SW_NO_FIELD = 255,
};

/// Limits of the request event.
enum {
  SW_MAX_ACCOUNT_BYTES = 256,
  SW_MAX_TEXT_BYTES = 512,
  SW_MAX_PLACEHOLDER_BYTES = 63,
  SW_MAX_TRACKED = 64,
  SW_UNTRACKED = 255,
};

/// The largest magnitude of a number: sums of 2^31 such values still fit 64 bits.
static const int64_t SW_MAX_NUMBER = 4294967295;
/// 2000-01-01 and 2100-01-01, in milliseconds since the Unix epoch: times lie in [min, max).
static const int64_t SW_MIN_TIME_MS = 946684800000;
static const int64_t SW_MAX_TIME_MS = 4102444800000;

/// Signals that are numbers are kept in thousandths.
enum { SW_SIGNAL_PLACES = 3 };

/// Why a document was rejected.
typedef enum {
  SW_OK = 0,
  SW_MALFORMED,
  SW_NOT_AN_OBJECT,
  SW_UNKNOWN_SCHEMA,
  SW_NO_RECORDS,
  SW_NO_EMBEDDED,
  SW_END,  // no reason: there is nothing more in the record
} sw_reason;

/// What was wrong with a value of a field, in the order of Swift's FieldFlaw. The first five leave the value
/// out, the others keep it.
typedef enum {
  SW_FLAW_WRONG_TYPE = 0,
  SW_FLAW_NEGATIVE,
  SW_FLAW_RANGE,
  SW_FLAW_BAD_TIME,
  SW_FLAW_PLACEHOLDER,
  SW_FLAW_SHORTENED,
  SW_FLAW_INVALID_UTF8,
  SW_FLAW_REPEATED,
} sw_flaw;

/// How the value at a pointer spells its field.
typedef enum {
  SW_PLAIN = 0,  // numbers as they are; epoch times by their magnitude
  SW_SECONDS,    // of times and durations; fractions are cut to milliseconds
  SW_MILLISECONDS,
  SW_MICROSECONDS,
  SW_NANOSECONDS,
  SW_OUTCOME,  // a status as a word or a code of success or failure
  SW_ERROR,    // a status as an error's name or code
  SW_ROLE,     // an ARN: sessions of a role count as the role
} sw_form;

/// Bytes lent by the decoder until its next document.
typedef struct {
  const uint8_t *start;
  uint64_t count;
} sw_slice;

/// One decoded event: slots and presence bits. Slots whose bit is clear hold leftovers.
///
/// A signal has a text in any case (a number or a boolean as it is spelled); its number is in thousandths.
typedef struct sw_event {
  sw_slice texts[SW_TEXT_COUNT];
  int64_t numbers[SW_NUMBER_COUNT];
  sw_slice fingerprint_values[SW_MAX_TRACKED];
  sw_slice signal_texts[SW_MAX_TRACKED];
  int64_t signal_numbers[SW_MAX_TRACKED];
  uint8_t fingerprint_kinds[SW_MAX_TRACKED];
  uint8_t signal_names[SW_MAX_TRACKED];
  uint64_t kinds_present;     // a bit per tracked kind
  uint64_t signals_present;   // a bit per tracked signal
  uint64_t signal_is_number;  // a bit per signal in the list
  uint32_t present;  // a bit per field
  uint32_t flawed;   // a bit per field with flaws; other fields' flaws are leftovers
  uint16_t flaws[SW_FIELD_COUNT];  // a bit per sw_flaw
  uint32_t fingerprint_count;
  uint32_t signal_count;
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
  SW_OFFSET_SIGNAL_IS_NUMBER = offsetof(sw_event, signal_is_number),
  SW_OFFSET_KINDS_PRESENT = offsetof(sw_event, kinds_present),
  SW_OFFSET_SIGNALS_PRESENT = offsetof(sw_event, signals_present),
  SW_OFFSET_FLAWED = offsetof(sw_event, flawed),
  SW_OFFSET_FLAWS = offsetof(sw_event, flaws),
};

/// What is known of the record beside its event.
typedef struct {
  uint32_t is_split;    // whether the record holds events, rather than being one
  uint32_t element;     // the number of the element last read, from 0
  uint32_t skipped;     // elements passed over so far as no requests
  uint32_t lacks_zone;  // whether a time was met that names no zone while none is set
  sw_slice bytes;       // the element as the record spells it, until the next document
} sw_record;

typedef struct sw_decoder sw_decoder;

sw_decoder *sw_decoder_create(int reads_key_value_lists);
void sw_decoder_destroy(sw_decoder *decoder);
/// The slots, owned by the decoder and at one address for its life.
sw_event *sw_decoder_event(sw_decoder *decoder);

/// What is known of the record, owned by the decoder and at one address for its life.
sw_record *sw_decoder_record(sw_decoder *decoder);

// Compiling: node 0 is the root of an event. Seal before the first document; add nothing afterwards.

/// The child of `node` for one reference token, made where it is missing.
uint32_t sw_decoder_child(sw_decoder *decoder, uint32_t node, const uint8_t *token, size_t count);
/// Lets the value at `node` fill `field`; `item` is the tracked kind or signal. The lowest rank wins.
void sw_decoder_leaf(
    sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t item, uint8_t rank, sw_form form);
/// Lets each member of the object at `node` be a fingerprint or a signal.
void sw_decoder_map(sw_decoder *decoder, uint32_t node, uint8_t field, uint8_t rank);
/// Another root: of an envelope, or of the elements of a list that hold further lists.
uint32_t sw_decoder_root(sw_decoder *decoder);
/// Takes the elements of the array at `node` apart: each is read from `root`.
void sw_decoder_list(sw_decoder *decoder, uint32_t node, uint32_t root);
/// Takes the text at `node` for a JSON document, which is read instead.
void sw_decoder_embed(sw_decoder *decoder, uint32_t node);
/// Where reading begins: an envelope with lists or an embedded text. `has_list`: with a list.
void sw_decoder_envelope(sw_decoder *decoder, uint32_t root, int has_list);
/// Counts only what has a name that begins with `prefix`, or another given so, among the members of a node
/// of `sw_decoder_judge`.
void sw_decoder_only(sw_decoder *decoder, const uint8_t *prefix, size_t count);
void sw_decoder_judge(sw_decoder *decoder, uint32_t node);
/// The zone of times that name none, in minutes east of UTC.
void sw_decoder_zone(sw_decoder *decoder, int32_t minutes);
/// Adds the next tracked kind (SW_FINGERPRINTS) or signal (SW_SIGNALS).
void sw_decoder_track(sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count);
/// Adds a text that counts as missing, at most SW_MAX_PLACEHOLDER_BYTES of it; ASCII letters match in any case.
void sw_decoder_placeholder(sw_decoder *decoder, const uint8_t *text, size_t count);
void sw_decoder_seal(sw_decoder *decoder);

/// Decodes one JSON text into the decoder's slots; the slices point into the decoder's own copy.
/// With lists: the first event of the record or the first element that is refused, SW_END without any.
sw_reason sw_decoder_decode_json(sw_decoder *decoder, const uint8_t *bytes, size_t count);
/// The next event or refused element of the record; SW_END behind the last.
sw_reason sw_decoder_next_json(sw_decoder *decoder);

// For other encodings: the same slots, filled from outside.

/// Copies `bytes` into the decoder's scratch (64 zero bytes follow), clears the slots, returns the copy.
const uint8_t *sw_decoder_load(sw_decoder *decoder, const uint8_t *bytes, size_t count);
/// The index of a tracked name or SW_UNTRACKED. Eight bytes behind the name must be readable.
uint32_t sw_decoder_find(
    const sw_decoder *decoder, uint8_t field, const uint8_t *name, size_t count);
/// Forgets what was kept of a field, or of a tracked item of SW_FINGERPRINTS or SW_SIGNALS.
void sw_decoder_forget(sw_decoder *decoder, uint8_t field, uint8_t item);
/// Notes a flaw of a field.
void sw_decoder_flaw(sw_decoder *decoder, uint8_t field, sw_flaw flaw);

// Values for a field, which replace what was there; `item` matters for SW_FINGERPRINTS and SW_SIGNALS alone.
// Texts lie in the scratch, and need not be UTF-8.

void sw_decoder_fill_text(sw_decoder *decoder, uint8_t field, uint8_t item, sw_slice text);
void sw_decoder_fill_integer(sw_decoder *decoder, uint8_t field, uint8_t item, int64_t number);
void sw_decoder_fill_double(sw_decoder *decoder, uint8_t field, uint8_t item, double number);
void sw_decoder_fill_bool(sw_decoder *decoder, uint8_t field, uint8_t item, int flag);
/// The rank of the place that the value of `field` came from, which is present; `item` matters for
/// SW_FINGERPRINTS and SW_SIGNALS alone. For tools: nothing is noted for it.
uint8_t sw_decoder_rank(const sw_decoder *decoder, uint8_t field, uint8_t item);
/// Lists fingerprints and signals in the order of the tracked names.
void sw_decoder_finish(sw_decoder *decoder);

/// Whether the text is 8 to 16 digits and dots alone: an address of IPv4 in its one spelling, if it is one.
int sw_is_dotted(sw_slice text);

#ifdef __cplusplus
}
#endif
