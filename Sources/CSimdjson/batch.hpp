// Records that hold events: lists that are taken apart, and documents inside texts.
//
// A walk over a record notes its lists and passes over them (and has checked all of the record then). Each
// list becomes a frame; elements are read one at a call, from the frame on top. What the containers around
// an element say (an export's resource) is kept as the context of their level, which elements start from.
#pragma once
#include "walker.hpp"

namespace stillwatch {

class Batch {
 public:
  explicit Batch(sw_decoder &decoder) : d(decoder) {}

  /// Reads the first event of the loaded record, or what is wrong with the record or its first element.
  sw_reason begin() {
    d.frame_count = d.elements = 0;
    const Place whole{&d.text, nullptr, d.envelope, 0, false};
    const sw_reason verdict = visit(whole);
    d.record.is_split = d.frame_count > 0;
    return verdict == SW_END ? next() : verdict;
  }

  /// Reads on to the next event or refused element.
  sw_reason next() {
    while (d.frame_count > 0) {
      Frame &frame = d.frames[d.frame_count - 1];
      if (!frame.at) {
        d.frame_count--;
        continue;
      }
      Document &text = frame.is_inner ? d.inner : d.text;
      const Place place{&text, frame.at, frame.root, frame.level, frame.is_inner};
      const Cursor behind = Walker::pass(text, frame.at);
      frame.at = text.scratch[*behind] == ',' ? behind + 1 : nullptr;
      if (bears_events(place.root)) number(place, behind);
      const sw_reason verdict = visit(place);
      if (verdict != SW_END) return verdict;
    }
    return SW_END;
  }

 private:
  using Cursor = Walker::Cursor;

  /// Where a value is (all of the text where `at` is null) and how it is read.
  struct Place {
    Document *text;
    Cursor at;
    uint32_t root, level;
    bool is_inner;
  };

  sw_decoder &d;

  bool is_envelope(uint32_t root) const { return root != 0 && root == d.envelope; }

  /// Whether elements read from `root` are events, rather than what holds lists of them.
  bool bears_events(uint32_t root) const { return root == 0 || is_envelope(root); }

  /// Counts an element and notes its bytes.
  void number(const Place &place, Cursor behind) {
    const uint32_t first = place.at[0];
    const uint8_t *bytes = place.text->scratch.get();
    uint32_t last = place.at + 1 == behind ? behind[0] : behind[-1] + 1;
    while (last > first && Walker::is_space(bytes[last - 1])) last--;
    d.record.element = d.elements++;
    d.record.bytes = {bytes + first, uint64_t(last - first)};
  }

  /// Reads a value: SW_OK for an event, SW_END for none, which may have put lists on the frames.
  sw_reason visit(const Place &place) {
    d.current = place.text;
    d.document++;
    d.is_rewalk = false;
    d.record.lacks_zone = 0;
    while (true) {
      d.restore(place.level);
      Walker walker(d);
      const sw_reason verdict =
          place.at ? walker.object_at(place.at, place.root) : walker.document(place.root);
      if (verdict != SW_OK) return bears_events(place.root) ? verdict : SW_END;
      if (!d.has_repeats) return conclude(walker, place);
      d.is_rewalk = true;
    }
  }

  /// What a value is that was read.
  sw_reason conclude(const Walker &walker, const Place &place) {
    if (walker.list_count > 0 && place.level + 1 < sw_decoder::max_levels) {
      return descend(walker, place);
    }
    if (is_envelope(place.root)) return unwrap(walker, place);
    return place.root == 0 ? finish(walker) : SW_END;
  }

  /// Puts the lists that were met on the frames, the first on top.
  sw_reason descend(const Walker &walker, const Place &place) {
    const uint32_t level = place.level + 1;
    d.keep(level);
    for (uint32_t i = walker.list_count; i > 0; i--) {
      const Walker::List &list = walker.lists[i - 1];
      const uint32_t root = list.node->elements_root;
      const Cursor first = list.at + 1;
      const bool is_empty = place.text->scratch[*first] == ']';
      // A text inside a text holds events themselves.
      const uint32_t inner = place.is_inner && is_envelope(root) ? 0 : root;
      d.frames[d.frame_count++] = {is_empty ? nullptr : first, inner, level, place.is_inner};
    }
    return SW_END;
  }

  /// Reads what an envelope without a list holds.
  sw_reason unwrap(const Walker &walker, const Place &place) {
    if (walker.embedded && !place.is_inner) return open(walker, place);
    if (d.has_embedded && !place.is_inner) return SW_NO_EMBEDDED;
    return lone(place);
  }

  /// A record without the list may be an event itself.
  sw_reason lone(Place place) {
    place.root = 0;
    const sw_reason verdict = visit(place);
    const uint32_t needed = 1u << SW_TIME | 1u << SW_ACCOUNT;
    if (verdict == SW_END || (d.event.present & needed) == needed) return verdict;
    return SW_NO_RECORDS;
  }

  /// Reads the document in the text that was met; an object in its place is the document itself.
  sw_reason open(const Walker &walker, const Place &place) {
    Place content = place;
    content.root = 0;
    content.at = walker.embedded;
    sw_slice raw;
    if (!walker.raw_text(walker.embedded, raw)) return visit(content);
    if (raw.count == 0) return SW_NO_EMBEDDED;
    if (!d.inner.load_unescaped(raw) || !d.inner.find_structure(nullptr, 0)) return SW_MALFORMED;
    content.text = &d.inner;
    content.at = nullptr;
    content.is_inner = true;
    if (d.has_list && place.level == 0) content.root = d.envelope;
    return visit(content);
  }

  /// What an event is, all of it read.
  sw_reason finish(const Walker &walker) {
    if (d.is_no_request || (!d.wanted.empty() && !walker.is_wanted)) {
      d.record.skipped++;
      return SW_END;
    }
    d.finish();
    return SW_OK;
  }
};

}  // namespace stillwatch
