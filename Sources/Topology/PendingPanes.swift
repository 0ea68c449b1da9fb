import Primitives

/// Partials of panes the watermark has not closed: runs of bytes by pane, in ascending order of panes.
struct PendingPanes: ~Copyable {
    /// The bytes of one pane: runs of (reader index u32, bytes u32, partials).
    struct PaneBytes: ~Copyable {
        let pane: UInt32
        var buffer: ByteBuffer
    }

    private var panes: [UnsafeMutablePointer<PaneBytes>] = []
    /// Bytes held over all panes.
    private(set) var bytes = 0

    static let runHeader = 8

    deinit {
        for pane in panes {
            pane.deinitialize(count: 1)
            pane.deallocate()
        }
    }

    /// The first pane anything waits for.
    var first: UInt32? { panes.first?.pointee.pane }
    /// The last pane anything waits for.
    var last: UInt32? { panes.last?.pointee.pane }

    /// Adds a run of partials read by the reader at index `reader`.
    mutating func append(_ partials: ByteSlice, pane: UInt32, reader: Int) {
        let slot = slot(of: pane)
        panes[slot].pointee.buffer.append(integer: UInt32(reader))
        panes[slot].pointee.buffer.append(integer: UInt32(partials.count))
        panes[slot].pointee.buffer.append(partials)
        bytes += partials.count + Self.runHeader
    }

    private mutating func slot(of pane: UInt32) -> Int {
        var i = panes.count
        while i > 0, panes[i - 1].pointee.pane > pane { i -= 1 }
        if i > 0, panes[i - 1].pointee.pane == pane { return i - 1 }
        let added = UnsafeMutablePointer<PaneBytes>.allocate(capacity: 1)
        added.initialize(to: PaneBytes(pane: pane, buffer: ByteBuffer(capacity: 4096)))
        panes.insert(added, at: i)
        return i
    }

    /// Takes the first pane's bytes out.
    mutating func removeFirst() -> PaneBytes? {
        guard !panes.isEmpty else { return nil }
        let first = panes.removeFirst()
        let taken = first.move()
        first.deallocate()
        bytes -= taken.buffer.count
        return taken
    }
}
