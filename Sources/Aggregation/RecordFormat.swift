/// How a snapshot writes one entity.
///
/// Integers are LEB128 unless a width is given; words are little-endian.
/// ```
/// entity    key u64 | kind u8 (0 account, i + 1 kind i) | last seen | last seen - first seen
///           | value length | panes | pane capacity | sample* (one a dimension)
///           | value | pane* | entries of each sample | hours, where kept
/// sample    entries | capacity | where named and capacity > 0: name capacity / 8
///           | where capacity > 0: exponent u8 | older exponent u8 | raised at
/// pane      (start - end of the one before) << 5 | level, then the measures
/// entry     hash u64 | entity's last seen - last | (last - first) << 1 | 1 where first is its creation
///           | where named: length, text | where loads: bits of buckets in use, then those buckets
/// hours     last hour | 21 bytes of bits
/// ```
/// A remnant ends with the value length, which is 0.
///
/// Capacities are part of it: they decide when a list is compacted and how a record grows, so an entity read
/// back goes on as the one written. Names are written with their entries, whatever their order in memory.
/// Marks (candidate, pinned, changed) are no state.
enum RecordFormat {
    /// Bytes of the hours' bits.
    static let hourBytes = Int(RecordLayout.hours / 8)
    /// Bits of a pane's first number that hold its level.
    static let levelBits: UInt64 = 5
    /// The longest name of a sampled value.
    static let maxName = 1023
}
