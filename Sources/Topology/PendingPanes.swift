import Primitives

/// Partials of panes the watermark has not closed, by pane in ascending order.
///
/// Bytes are kept in chunks that are used again when a pane closes, so the steady state neither allocates
/// nor copies what it already holds. A pane's chunks grow with it: thousands of sparse panes (a partition
/// far ahead of the others) cost little, and a dense one is a few large runs.
struct PendingPanes: ~Copyable {
    /// A run of partials that one reader reads; chunks hold runs back to back.
    private struct RunHeader {
        var reader: UInt32
        var count: UInt32
    }

    /// Memory for runs.
    private struct Chunk {
        var base: UnsafeMutableRawPointer
        var capacity: Int
        var count: Int
    }

    private struct PaneChunks {
        var pane: UInt32
        /// The lowest offset of a block that put something in.
        var lowestOffset: Int64
        var chunks: [Chunk]
    }

    private var panes: [PaneChunks] = []
    private var small = ChunkPool(chunkSize: Self.smallSize)
    private var medium = ChunkPool(chunkSize: Self.mediumSize)
    private var large = ChunkPool(chunkSize: Self.largeSize)
    /// Bytes of runs too long for a chunk.
    private var singleBytes = 0
    /// Bytes of memory in use.
    var bytes: Int {
        small.bytesInUse + medium.bytesInUse + large.bytesInUse + singleBytes
    }

    private static let smallSize = 2 << 10
    private static let mediumSize = 16 << 10
    private static let largeSize = 256 << 10

    deinit {
        for pane in panes {
            for chunk in pane.chunks where chunk.capacity > Self.largeSize {
                chunk.base.deallocate()
            }
        }
    }

    /// The first pane anything waits for.
    var first: UInt32? { panes.first?.pane }

    /// The lowest offset of a block of which something waits; nil where nothing does. O(panes).
    var lowestOffset: Int64? { panes.lazy.map(\.lowestOffset).min() }

    /// Adds a run of partials read by the reader at index `reader`, from the block at `offset`.
    mutating func append(_ partials: ByteSlice, pane: UInt32, reader: Int, offset: Int64) {
        guard let source = partials.baseAddress, !partials.isEmpty else { return }
        let needed = MemoryLayout<RunHeader>.size + partials.count
        let slot = slot(of: pane, offset)
        let last = panes[slot].chunks.count - 1
        if last < 0 || panes[slot].chunks[last].capacity - panes[slot].chunks[last].count < needed {
            let fresh = takeChunk(atLeast: needed, after: last + 1)
            panes[slot].chunks.append(fresh)
        }
        let chunk = panes[slot].chunks.count - 1
        let target = panes[slot].chunks[chunk].base + panes[slot].chunks[chunk].count
        target.storeBytes(
            of: RunHeader(reader: UInt32(reader), count: UInt32(partials.count)), as: RunHeader.self
        )
        (target + MemoryLayout<RunHeader>.size).copyMemory(from: source, byteCount: partials.count)
        panes[slot].chunks[chunk].count += needed
    }

    private mutating func slot(of pane: UInt32, _ offset: Int64) -> Int {
        var i = panes.count
        while i > 0, panes[i - 1].pane > pane { i -= 1 }
        if i > 0, panes[i - 1].pane == pane {
            panes[i - 1].lowestOffset = min(panes[i - 1].lowestOffset, offset)
            return i - 1
        }
        panes.insert(PaneChunks(pane: pane, lowestOffset: offset, chunks: []), at: i)
        return i
    }

    /// A chunk for a pane that has `count` already.
    private mutating func takeChunk(atLeast needed: Int, after count: Int) -> Chunk {
        if needed <= Self.smallSize, count < 4 {
            return Chunk(base: small.take(), capacity: Self.smallSize, count: 0)
        }
        if needed <= Self.mediumSize, count < 12 {
            return Chunk(base: medium.take(), capacity: Self.mediumSize, count: 0)
        }
        if needed <= Self.largeSize {
            return Chunk(base: large.take(), capacity: Self.largeSize, count: 0)
        }
        singleBytes += needed
        return Chunk(
            base: .allocate(byteCount: needed, alignment: 64), capacity: needed, count: 0)
    }

    /// Lends every run with its pane, in the order of panes.
    func forEach(_ body: (_ pane: UInt32, _ partials: ByteSlice) -> Void) {
        for pane in panes {
            for chunk in pane.chunks { Self.forEachRun(chunk) { run, _ in body(pane.pane, run) } }
        }
    }

    private static func forEachRun(
        _ chunk: Chunk, _ body: (_ partials: ByteSlice, _ reader: Int) -> Void
    ) {
        var at = 0
        while at < chunk.count {
            let header = chunk.base.loadUnaligned(fromByteOffset: at, as: RunHeader.self)
            at += MemoryLayout<RunHeader>.size
            body(ByteSlice(start: chunk.base + at, count: Int(header.count)), Int(header.reader))
            at += Int(header.count)
        }
    }

    /// Takes the first pane out, lending each of its runs with its reader to `body`.
    mutating func removeFirst(_ body: (_ partials: ByteSlice, _ reader: Int) -> Void) {
        guard !panes.isEmpty else { return }
        let pane = panes.removeFirst()
        for chunk in pane.chunks {
            Self.forEachRun(chunk, body)
            recycle(chunk)
        }
    }

    private mutating func recycle(_ chunk: Chunk) {
        switch chunk.capacity {
        case Self.smallSize: small.give(chunk.base)
        case Self.mediumSize: medium.give(chunk.base)
        case Self.largeSize: large.give(chunk.base)
        default:
            singleBytes -= chunk.capacity
            chunk.base.deallocate()
        }
    }
}
