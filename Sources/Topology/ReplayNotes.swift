import Primitives

/// What has to be remembered of blocks from which something still waits, so that reading them again after a
/// restore puts the same partials into the same panes.
///
/// A partial of a closed pane goes to the first open one: which that was cannot be told from the block. Nor
/// can it be told of a repeated block that it was passed over. Bounded; what had to be forgotten is known.
struct ReplayNotes: Sendable, Equatable {
    /// A block with partials of panes that were closed, and the pane they went to.
    struct LateBlock: Sendable, Equatable {
        var offset: Int64
        var pane: UInt32
    }

    /// Blocks passed over as repetitions, by offset.
    private(set) var duplicates: [Int64] = []
    /// Blocks with late partials, by offset.
    private(set) var late: [LateBlock] = []
    /// Blocks before this one may be missing here.
    private(set) var completeFrom: Int64 = 0

    /// Blocks of either sort that are remembered.
    static let limit = 65_536

    /// Notes that a block was passed over; offsets rise.
    mutating func noteDuplicate(_ offset: Int64) {
        duplicates.append(offset)
        guard duplicates.count > Self.limit else { return }
        let oldest = duplicates.removeFirst(half: Self.limit / 2)
        completeFrom = max(completeFrom, oldest + 1)
    }

    /// Notes that partials of closed panes went to `pane`; offsets rise.
    mutating func noteLate(_ offset: Int64, pane: UInt32) {
        late.append(LateBlock(offset: offset, pane: pane))
        guard late.count > Self.limit else { return }
        let oldest = late.removeFirst(half: Self.limit / 2)
        completeFrom = max(completeFrom, oldest.offset + 1)
    }

    /// Forgets blocks before `offset`; all where it is nil: nothing of them waits any more.
    mutating func forget(before offset: Int64?) {
        guard !duplicates.isEmpty || !late.isEmpty else { return }
        let offset = offset ?? .max
        duplicates.removeAll { $0 < offset }
        late.removeAll { $0.offset < offset }
    }

    /// Whether the block at `offset` was passed over. O(log n).
    func isDuplicate(_ offset: Int64) -> Bool {
        let i = duplicates.lowerBound { $0 < offset }
        return i < duplicates.count && duplicates[i] == offset
    }

    /// The first pane that was open when the block at `offset` came, where that matters; else 0. O(log n).
    func openPane(at offset: Int64) -> UInt32 {
        let i = late.lowerBound { $0.offset < offset }
        return i < late.count && late[i].offset == offset ? late[i].pane : 0
    }
}

extension ReplayNotes {
    /// Appends the notes to `buffer`.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(duplicates.count))
        var before: Int64 = 0
        for offset in duplicates {
            buffer.append(varint: UInt64(offset - before))
            before = offset
        }
        buffer.append(varint: UInt64(late.count))
        before = 0
        for block in late {
            buffer.append(varint: UInt64(block.offset - before))
            buffer.append(varint: UInt64(block.pane))
            before = block.offset
        }
    }

    /// Reads notes; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        func offset(_ reader: inout ByteReader, after before: Int64) -> Int64? {
            guard let step = reader.varint(), step <= UInt64(BlockHeader.maxOffset),
                before <= BlockHeader.maxOffset
            else { return nil }
            return before + Int64(step)
        }
        guard let count = reader.varint(), count <= UInt64(Self.limit) else { return nil }
        for _ in 0..<count {
            guard let next = offset(&reader, after: duplicates.last ?? 0) else { return nil }
            duplicates.append(next)
        }
        guard let count = reader.varint(), count <= UInt64(Self.limit) else { return nil }
        for _ in 0..<count {
            guard let next = offset(&reader, after: late.last?.offset ?? 0),
                let pane = reader.varint().flatMap({ UInt32(exactly: $0) })
            else { return nil }
            late.append(LateBlock(offset: next, pane: pane))
        }
    }
}

extension Array {
    /// Removes the first `count` elements and returns the last of them.
    fileprivate mutating func removeFirst(half count: Int) -> Element {
        defer { removeFirst(count) }
        return self[count - 1]
    }

    /// The index of the first element that does not come `before` what is looked for.
    fileprivate func lowerBound(_ before: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if before(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
