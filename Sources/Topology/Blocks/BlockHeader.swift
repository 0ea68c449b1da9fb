import Primitives

/// The fixed part of a block.
struct BlockHeader {
    let flags: UInt8
    /// The block's number among those that cover its offsets.
    let part: Int
    let source: Int
    let sources: Int
    let from: Int64
    let to: Int64
    let highestMs: Int64
    let lowestPane: UInt32
    let firstOpenPane: UInt32
    let paneMs: UInt32
    let digest: UInt64
    let application: UInt32
    let schema: ByteSlice
    /// The sections.
    let body: ByteSlice

    /// Reads and checks a block's header.
    init(_ block: ByteSlice) throws(BlockError) {
        guard block.count >= BlockFormat.headerSize,
            block.loadUnaligned(as: UInt32.self) == BlockFormat.magic
        else { throw .unknownFormat }
        typealias H = BlockFormat.HeaderOffset
        func load<T: BitwiseCopyable>(_ offset: Int, _: T.Type) -> T {
            block.loadUnaligned(fromByteOffset: offset, as: T.self)
        }
        flags = load(H.flags, UInt8.self)
        part = Int(load(H.part, UInt8.self))
        source = Int(load(H.source, UInt32.self))
        sources = Int(load(H.sources, UInt32.self))
        from = load(H.from, Int64.self)
        to = load(H.to, Int64.self)
        highestMs = load(H.highest, Int64.self)
        lowestPane = load(H.lowestPane, UInt32.self)
        firstOpenPane = load(H.firstOpen, UInt32.self)
        paneMs = load(H.paneMs, UInt32.self)
        digest = load(H.digest, UInt64.self)
        application = load(H.application, UInt32.self)
        let bodyStart = BlockFormat.headerSize + Int(load(H.schemaLength, UInt16.self))
        let bodyLength = Int(load(H.bodyLength, UInt32.self))
        guard source < sources, sources <= BlockHeader.maxSources,
            bodyStart + bodyLength == block.count,
            from >= -1, from <= to, to <= BlockHeader.maxOffset, from < to || bodyLength == 0,
            highestMs == .min || highestMs.magnitude < UInt64(BlockHeader.maxMs)
        else { throw .corrupt }
        schema = ByteSlice(rebasing: block[BlockFormat.headerSize..<bodyStart])
        body = ByteSlice(rebasing: block[bodyStart...])
    }

    /// Whether further parts cover the same offsets.
    var hasMore: Bool { flags & BlockFormat.Flags.more != 0 }
    /// Whether the source's offsets begin again with this block.
    var beginsAnew: Bool { flags & BlockFormat.Flags.restart != 0 && part == 0 }

    /// Offsets lie far below the largest: so that differences cannot overflow.
    static let maxOffset = Int64.max >> 2
    /// Source partitions a block may speak of: bounds what a hostile block can make a task allocate.
    static let maxSources = 100_000
    /// Event times lie before the year 2100: bounds how far a hostile block can push the watermark.
    static let maxMs: Int64 = 4_102_444_800_000

    /// The last pane a partial of the block can lie in.
    ///
    /// - Throws: `corrupt` where the source claims to have closed panes it has not seen.
    func lastPane(_ width: PaneWidth) throws(BlockError) -> UInt32 {
        guard highestMs != .min else { return firstOpenPane }
        let highest = width.pane(of: EventTime(ms: highestMs)).index
        guard firstOpenPane <= highest + 1 else { throw .corrupt }
        return max(highest, firstOpenPane)
    }
}
