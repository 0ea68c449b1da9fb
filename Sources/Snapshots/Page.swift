import Primitives

/// A page that was read and checked.
///
/// ```
/// page     frame with magic "SWP1" | index u32 | kind u8 | 0 u8 | 0 u16 | items u32 | carry u32 | payload
/// payload  item*, of which the last may go on in the next page
/// item     bytes u32 | those bytes
/// ```
/// `items` begin in the page; the first `carry` bytes of the payload belong to the item before them.
public struct Page: Sendable {
    /// Whose state it is of.
    public let task: TaskID
    /// The snapshot it is of.
    public let id: SnapshotID
    /// Its place in the snapshot.
    public let index: UInt32
    /// What its items are.
    public let kind: PageKind
    /// Its checksum.
    public let checksum: UInt64
    /// The page as it was written.
    public let bytes: [UInt8]
    let items: UInt32
    let carry: Int

    static let magic: UInt32 = 0x3150_5753
    /// Bytes before the payload.
    static let headerSize = Frame.size + 16

    /// Reads the page that stands under `key`, which is a page's.
    ///
    /// - Throws: `SnapshotError`: the page cannot be used.
    public init(_ bytes: [UInt8], key: StateKey) throws(SnapshotError) {
        guard case .page(let wanted) = key.kind else { throw .misplaced }
        let header = try bytes.withUnsafeBufferPointer { (slice) throws(SnapshotError) in
            try Header(ByteSlice(slice), key: key)
        }
        guard header.index == wanted else { throw .misplaced }
        task = key.task
        id = key.id
        index = wanted
        kind = PageKind(rawValue: header.kind)
        checksum = header.checksum
        items = header.items
        carry = header.carry
        self.bytes = bytes
    }

    /// The numbers before the payload.
    private struct Header {
        var checksum: UInt64
        var index: UInt32
        var kind: UInt8
        var items: UInt32
        var carry: Int

        init(_ bytes: ByteSlice, key: StateKey) throws(SnapshotError) {
            checksum = try Frame.check(bytes, magic: Page.magic, key: key)
            var reader = ByteReader(ByteSlice(rebasing: bytes[Frame.size...]))
            guard let index = reader.integer(UInt32.self), let kind = reader.integer(UInt8.self),
                reader.bytes(3)?.allSatisfy({ $0 == 0 }) == true,
                let items = reader.integer(UInt32.self), let carry = reader.integer(UInt32.self),
                Int(carry) <= reader.remaining
            else { throw .corrupted }
            self.index = index
            self.kind = kind
            self.items = items
            self.carry = Int(carry)
        }
    }
}
