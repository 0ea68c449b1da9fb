import Primitives

/// Age-decayed panes: one list that answers every window.
///
/// Level k covers an aligned span of 2^k panes. A block merges into level k once its end lies at least
/// `resolution * 2^k` panes back, so no block straddles a window's edge once that is rounded out to
/// the largest power of two that is at most one part in `resolution` of the window. Blocks no longer than that for the *shortest* window are level `baseLevel`
/// from the start. Merging happens when the list is full: which is decided by the entity's own history
/// alone, so any interleaving of sources gives the same list.
extension EntityRecord {
    /// One block: start pane, level, then the measures.
    @inline(__always)
    private func block(_ index: Int, _ layout: borrowing RecordLayout) -> UnsafeMutableRawPointer {
        base + panesOffset(layout) + index * layout.paneStride
    }
    @inline(__always)
    private static func start(_ block: UnsafeMutableRawPointer) -> UInt32 {
        block.load(as: UInt32.self)
    }
    @inline(__always)
    private static func level(_ block: UnsafeMutableRawPointer) -> UInt8 {
        block.load(fromByteOffset: 4, as: UInt8.self)
    }
    @inline(__always)
    private static func end(_ block: UnsafeMutableRawPointer) -> UInt64 {
        UInt64(start(block)) + (1 << UInt64(level(block)))
    }
    @inline(__always)
    private static func measures(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int64> {
        (block + 8).assumingMemoryBound(to: Int64.self)
    }

    /// The measures of the block that `pane` falls into, if it is the newest one.
    @inline(__always)
    func openBlock(pane: UInt32, _ layout: borrowing RecordLayout) -> UnsafeMutablePointer<Int64>? {
        guard paneCount > 0 else { return nil }
        let last = block(paneCount - 1, layout)
        guard Self.end(last) > UInt64(pane) else { return nil }
        return Self.measures(last)
    }

    /// Adds an empty block for `pane` and returns its measures; the list must have room.
    func appendBlock(pane: UInt32, _ layout: borrowing RecordLayout) -> UnsafeMutablePointer<Int64>
    {
        precondition(paneCount < paneCapacity, "the pane list is full")
        let added = block(paneCount, layout)
        paneCount += 1
        let start = Self.aligned(pane, to: layout.baseLevel)
        added.storeBytes(of: start, as: UInt32.self)
        added.storeBytes(of: UInt32(layout.baseLevel), toByteOffset: 4, as: UInt32.self)
        let values = Self.measures(added)
        for m in 0..<layout.measures { values[m] = 0 }
        return values
    }

    /// Merges what has aged and drops what no window reaches, as seen from `now`. O(blocks).
    func compactPanes(now: UInt32, _ layout: borrowing RecordLayout) {
        var kept = 0
        for i in 0..<paneCount {
            let source = block(i, layout)
            if Self.end(source) + UInt64(layout.retention) <= UInt64(now) + 1 {
                requests &-= Self.measures(source)[0]
                continue
            }
            let level = Self.agedLevel(source, now: now)
            let start = Self.aligned(Self.start(source), to: level)
            if kept > 0, Self.covers(block(kept - 1, layout), start: start) {
                let into = Self.measures(block(kept - 1, layout))
                for m in 0..<layout.measures { into[m] &+= Self.measures(source)[m] }
                continue
            }
            let target = block(kept, layout)
            if target != source { target.copyMemory(from: source, byteCount: layout.paneStride) }
            target.storeBytes(of: start, as: UInt32.self)
            target.storeBytes(of: UInt32(level), toByteOffset: 4, as: UInt32.self)
            kept += 1
        }
        paneCount = kept
    }

    /// The start of the span of `level` that holds `pane`.
    private static func aligned(_ pane: UInt32, to level: UInt8) -> UInt32 {
        (pane >> UInt32(level)) << UInt32(level)
    }

    private static func covers(_ block: UnsafeMutableRawPointer, start: UInt32) -> Bool {
        UInt64(start) < end(block)
    }

    /// The highest level whose aligned span around the block is old enough.
    private static func agedLevel(_ block: UnsafeMutableRawPointer, now: UInt32) -> UInt8 {
        var level = Self.level(block)
        let start = UInt64(Self.start(block))
        while level < RecordLayout.maxLevel {
            let up = UInt64(level) + 1
            let end = ((start >> up) + 1) << up
            guard end + (UInt64(RecordLayout.resolution) << up) <= UInt64(now) + 1 else { break }
            level += 1
        }
        return level
    }

    /// The sum of a measure over the last `window` panes up to `now`, and those before back to a multiple of
    /// the largest power of two of panes that is at most `window / resolution`. O(blocks in the window).
    ///
    /// A block of a higher level ends before the window, one of a lower level lies on one side of that edge:
    /// so the sum is the same whatever was merged, and with it whatever other windows are kept.
    func sum(measure: Int, window: UInt32, now: UInt32, _ layout: borrowing RecordLayout) -> Int64 {
        var sum: Int64 = 0
        var i = paneCount
        let level = UInt64(RecordLayout.level(ofWindow: window))
        let edge = ((UInt64(max(now &+ 1, window)) - UInt64(window)) >> level) << level
        while i > 0 {
            let block = block(i - 1, layout)
            guard Self.end(block) > edge else { break }
            sum &+= Self.measures(block)[measure]
            i -= 1
        }
        return sum
    }

    /// A measure in equal stretches of the last `window` panes: those that are over, from the one after the entity's first
    /// pane on. O(blocks in the window).
    ///
    /// Stretches are aligned and as long as what sums over the window are rounded out to, so no block straddles two.
    func stretches(
        measure: Int, window: UInt32, now: UInt32, _ layout: borrowing RecordLayout
    ) -> Stretches {
        let level = UInt64(RecordLayout.level(ofWindow: window))
        let end = (UInt64(now) + 1) >> level
        let edge = (UInt64(max(now &+ 1, window)) - UInt64(window)) >> level
        let first = max(edge, (UInt64(firstSeen) >> level) + 1)
        var stretches = Stretches(count: Int(max(first, end) - first))
        var (stretch, sum) = (end, Int64(0))
        var i = paneCount
        while i > 0 {
            let block = block(i - 1, layout)
            let next = UInt64(Self.start(block)) >> level
            guard next >= first else { break }
            i -= 1
            guard next < end else { continue }
            if next != stretch {
                stretches.add(sum)
                (stretch, sum) = (next, 0)
            }
            sum &+= Self.measures(block)[measure]
        }
        stretches.add(sum)
        return stretches
    }

    /// Appends the pane list to `buffer`, as `RecordFormat` has it.
    func encodePanes(into buffer: inout ByteBuffer, _ layout: borrowing RecordLayout) {
        var end: UInt64 = 0
        for i in 0..<paneCount {
            let block = block(i, layout)
            let distance = UInt64(Self.start(block)) &- end
            buffer.append(
                varint: distance << RecordFormat.levelBits | UInt64(Self.level(block)))
            for m in 0..<layout.measures {
                buffer.append(varint: UInt64(bitPattern: Self.measures(block)[m]))
            }
            end = Self.end(block)
        }
    }

    /// Adds a block read from a snapshot behind the others: one finer than blocks are kept is made coarser,
    /// and merged into the last where that covers it. Returns its measures, which are added to.
    func restoreBlock(
        start: UInt32, level: UInt8, _ layout: borrowing RecordLayout
    ) -> UnsafeMutablePointer<Int64> {
        let level = max(level, layout.baseLevel)
        let start = Self.aligned(start, to: level)
        if paneCount > 0, Self.covers(block(paneCount - 1, layout), start: start) {
            return Self.measures(block(paneCount - 1, layout))
        }
        let added = block(paneCount, layout)
        paneCount += 1
        added.storeBytes(of: start, as: UInt32.self)
        added.storeBytes(of: UInt32(level), toByteOffset: 4, as: UInt32.self)
        let values = Self.measures(added)
        for m in 0..<layout.measures { values[m] = 0 }
        return values
    }

    /// Sets `requests` to what the pane list adds up to.
    func countRequests(_ layout: borrowing RecordLayout) {
        requests = 0
        for i in 0..<paneCount { requests &+= Self.measures(block(i, layout))[0] }
    }

    /// What is wrong with the pane list, in words.
    func panesInvariants(_ layout: RecordLayout) -> [StaticString] {
        var wrong: [StaticString] = []
        var sum: Int64 = 0
        var end: UInt64 = 0
        for i in 0..<paneCount {
            let block = block(i, layout)
            let start = Self.start(block)
            if UInt64(start) < end { wrong.append("panes overlap") }
            if Self.aligned(start, to: Self.level(block)) != start {
                wrong.append("a block is not aligned to its span")
            }
            end = Self.end(block)
            sum &+= Self.measures(block)[0]
        }
        if sum != requests { wrong.append("requests are not the sum of the panes") }
        if end > 0, end <= UInt64(lastSeen) { wrong.append("the last pane is missing") }
        return wrong
    }
}
