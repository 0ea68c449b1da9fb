import Primitives

/// The key of a record in the store: 32 bytes, the same in a topic and a directory.
///
/// ```
/// "SWK1" | application u32 | stage u8 | kind u8 (0 manifest, 1 page) | 0 u16 | partition i32
///        | index u32 | incarnation u64 | sequence u32, all little-endian
/// ```
public struct StateKey: Hashable, Sendable {
    /// What the record is.
    public enum Kind: Hashable, Sendable {
        /// What makes a snapshot of pages.
        case manifest
        /// Page `index` of its snapshot.
        case page(index: UInt32)
    }

    /// Whose state it is.
    public var task: TaskID
    /// What the record is.
    public var kind: Kind
    /// The snapshot it belongs to.
    public var id: SnapshotID

    private static let magic: UInt32 = 0x314B_5753
    /// Bytes of a key.
    public static let size = 32

    /// A key.
    public init(_ task: TaskID, _ kind: Kind, of id: SnapshotID) {
        self.task = task
        self.kind = kind
        self.id = id
    }

    /// Reads a key; nil where the bytes are none, or of another format.
    public init?(_ bytes: ByteSlice) {
        var reader = ByteReader(bytes)
        guard bytes.count == Self.size, reader.integer(UInt32.self) == Self.magic,
            let application = reader.integer(UInt32.self),
            let stage = reader.integer(UInt8.self),
            let kind = reader.integer(UInt8.self), kind <= 1, reader.integer(UInt16.self) == 0,
            let partition = reader.integer(Int32.self), let index = reader.integer(UInt32.self),
            let incarnation = reader.integer(UInt64.self),
            let sequence = reader.integer(UInt32.self)
        else { return nil }
        task = TaskID(application: application, stage: Stage(stage), partition: partition)
        self.kind = kind == 0 ? .manifest : .page(index: index)
        id = SnapshotID(incarnation: incarnation, sequence: sequence)
    }

    /// Appends the key's bytes.
    public func write(to buffer: inout ByteBuffer) {
        buffer.append(integer: Self.magic)
        buffer.append(integer: task.application)
        buffer.append(task.stage.number)
        var index: UInt32 = 0
        if case .page(let number) = kind { index = number }
        buffer.append(kind == .manifest ? 0 : 1)
        buffer.append(integer: UInt16(0))
        buffer.append(integer: task.partition)
        buffer.append(integer: index)
        buffer.append(integer: id.incarnation)
        buffer.append(integer: id.sequence)
    }

    /// The key's bytes.
    public var bytes: [UInt8] {
        var buffer = ByteBuffer(capacity: Self.size)
        write(to: &buffer)
        return buffer.array()
    }
}
