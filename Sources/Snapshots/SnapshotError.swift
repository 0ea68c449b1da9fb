/// Why a page or a manifest cannot be used.
public enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes end early: a write was cut off.
    case torn(bytes: Int, expected: Int)
    /// The bytes are not those that were written.
    case corrupted
    /// The bytes are whole, and another task's, snapshot's or index's than their key says.
    case misplaced
    /// An older release wrote them, in a format this one does not read.
    case olderFormat(UInt16)
    /// A newer release wrote them.
    case newerFormat(UInt16)

    /// What is wrong, for a log line.
    public var description: String {
        switch self {
        case .torn(let bytes, let expected): "cut off after \(bytes) of \(expected) bytes"
        case .corrupted: "damaged: its checksum or its structure is wrong"
        case .misplaced: "another record's bytes stand under its key"
        case .olderFormat(let version): "format \(version) of an older release"
        case .newerFormat(let version): "format \(version) of a newer release"
        }
    }
}
