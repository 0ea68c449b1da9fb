import Primitives

/// Gives the items of a snapshot's pages back, those that go on in the next page in one piece.
///
/// Feed it the pages of one kind in the order of their indices. Trusts nothing: where the pages contradict
/// each other it says so. Memory: the bytes of one item.
public struct ItemReader: ~Copyable {
    private var pending = ByteBuffer()
    /// Bytes of the pending item that are still to come.
    private var missing = 0

    /// A reader at the beginning.
    public init() {}

    /// Whether no item is half read.
    public var isWhole: Bool { missing == 0 }

    /// Lends the items that end in `page` to `body`.
    ///
    /// - Parameter corrupted: what is thrown where the page is not what follows.
    public mutating func read<E: Error>(
        _ page: Page, corrupted: E, _ body: (ByteSlice) throws(E) -> Void
    ) throws(E) {
        try page.bytes.withUnsafeBufferPointer { (bytes) throws(E) in
            let payload = ByteSlice(rebasing: ByteSlice(bytes)[Page.headerSize...])
            guard page.carry == min(missing, payload.count) else { throw corrupted }
            if missing > 0 {
                pending.append(ByteSlice(rebasing: payload[..<page.carry]))
                missing -= page.carry
                if missing == 0 { try body(pending.bytes) }
            }
            let rest = ByteSlice(rebasing: payload[page.carry...])
            try readItems(rest, count: page.items, corrupted, body)
        }
    }

    private mutating func readItems<E: Error>(
        _ bytes: ByteSlice, count: UInt32, _ corrupted: E, _ body: (ByteSlice) throws(E) -> Void
    ) throws(E) {
        var reader = ByteReader(bytes)
        for _ in 0..<count {
            guard missing == 0, let length = reader.integer(UInt32.self) else { throw corrupted }
            let here = min(Int(length), reader.remaining)
            guard let item = reader.bytes(here) else { throw corrupted }
            if here == Int(length) {
                try body(item)
            } else {
                pending.removeAll()
                pending.append(item)
                missing = Int(length) - here
            }
        }
        guard reader.remaining == 0 else { throw corrupted }
    }
}
