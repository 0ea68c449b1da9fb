import Aggregation
import Primitives

/// The layout of a block: what one ingest task saw since its last flush, for one shuffle partition.
///
/// All integers little-endian.
/// ```
/// block    magic "SWB2" | flags u8 | part u8 | schema length u16 | source u32 | sources u32
///          | from i64 | to i64 | highest ms i64 | lowest pane u32 | first open pane u32 | pane ms u32
///          | schema digest u64 | application u32 | bytes of sections u32 | schema | section*
/// schema   kinds u8, (length u8, name)* | accounts: class | fingerprints: class
/// class    measures u8, (length u8, name)* | dimensions u8, (named u8, length u8, name)*
/// section  pane u32 | bytes u32 | partial*
/// partial  bytes u16 | kind u8 (0 account, i + 1 kind i) | 0 u8 | value length u16
///          | present u16 (a bit per dimension) | measure* | value | dimension*
/// measure  u32; of a signal i64, in thousandths
/// dimension (account only: born pane u32) then, where named: length u16, text; else hash u64
/// ```
/// The block covers the source partition's offsets `(from, to]`, and the next one begins at `to`. What is too
/// large for one block comes in parts, numbered from 0, that cover the same offsets: all but the last have
/// the flag `more`. The names in the schema let a receiver with other rules read what both know; `digest` is
/// the XXH3 of the schema bytes. A block without sections carries no schema.
enum BlockFormat {
    static let magic: UInt32 = 0x3242_5753
    static let headerSize = 68
    static let partialHeaderSize = 8
    static let sectionHeaderSize = 8

    /// Offsets in the header.
    enum HeaderOffset {
        static let flags = 4
        static let part = 5
        static let schemaLength = 6
        static let source = 8
        static let sources = 12
        static let from = 16
        static let to = 24
        static let highest = 32
        static let lowestPane = 40
        static let firstOpen = 44
        static let paneMs = 48
        static let digest = 52
        static let application = 60
        static let bodyLength = 64
    }

    /// Bits of the flags.
    enum Flags {
        /// Nothing came for the idle timeout: the source holds nobody back.
        static let idle: UInt8 = 1
        /// The source has ended: nothing will come any more.
        static let end: UInt8 = 2
        /// Further parts cover the same offsets.
        static let more: UInt8 = 4
        /// The source's partition was made anew: its offsets have begun again.
        static let restart: UInt8 = 8
        /// There was nothing to read for now: the source's watermark holds, and nobody waits to read on for it.
        static let caughtUp: UInt8 = 16
        /// What is said of the source's watermark.
        static let state: UInt8 = idle | end
    }

    /// A bit per measure that takes eight bytes of a partial; the others take four.
    static func wideMeasures(_ names: [String]) -> UInt32 {
        names.indices.reduce(0) { names[$1].hasPrefix("signals.") ? $0 | 1 &<< UInt32($1) : $0 }
    }

    /// The bytes that measures take of a partial.
    static func measureBytes(count: Int, wide: UInt32) -> Int { 4 * (count + wide.nonzeroBitCount) }

    /// The dimensions a partial carries: each name once, as text where any of its uses needs text.
    static func wireDimensions(of schema: StateSchema) -> [(name: String, isNamed: Bool)] {
        var wire: [(name: String, isNamed: Bool)] = []
        for dimension in schema.dimensions {
            if let known = wire.firstIndex(where: { $0.name == dimension.name }) {
                wire[known].isNamed = wire[known].isNamed || dimension.isNamed
            } else {
                wire.append((dimension.name, dimension.isNamed))
            }
        }
        return wire
    }
}

/// Why a block cannot be read.
public enum BlockError: Error, Equatable {
    /// Not a block, or of a format this version does not know.
    case unknownFormat
    /// The block ends early or contradicts itself.
    case corrupt
    /// The block was cut with another pane width: its times cannot be translated.
    case paneWidth(block: UInt32, expected: UInt32)
}
