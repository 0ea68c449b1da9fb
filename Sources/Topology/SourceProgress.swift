import Primitives

/// How far each source partition has come, as its blocks tell; decides which panes may close.
///
/// The watermark is the minimum over the sources that are neither idle nor ended, is held until every source
/// has reported, and never goes back. Where none is active, everything seen may close. What a block in parts
/// says of its source counts once its last part is there.
struct SourceProgress: Sendable, Equatable {
    private(set) var sources: [SourceState] = []
    private var unreported = 0

    /// What a block is, judged by the offsets it covers.
    enum Continuity: Equatable {
        /// The next one.
        case next
        /// Wholly known already: a repetition.
        case duplicate
        /// Blocks are missing: so many offsets between the last one and this, or of its own range.
        case gap(missing: Int64)
        /// It begins before the last one ends: so many offsets come a second time.
        case overlap(repeated: Int64)
    }

    /// Whether every source has reported.
    var isComplete: Bool { !sources.isEmpty && unreported == 0 }
    /// Whether every source has ended.
    var hasEnded: Bool {
        isComplete && sources.allSatisfy { $0.flags & BlockFormat.Flags.end != 0 }
    }

    /// Takes in a block's header; a duplicate changes nothing.
    mutating func note(_ header: BlockHeader, paneOf: (Int64) -> UInt32) -> Continuity {
        while sources.count < header.sources {
            sources.append(SourceState())
            unreported += 1
        }
        forgetOthers(of: header)
        let continuity = sources[header.source].judge(header)
        if continuity == .duplicate { return .duplicate }
        let wasReported = sources[header.source].hasReported
        sources[header.source].take(header, paneOf: paneOf)
        if !wasReported, sources[header.source].hasReported { unreported -= 1 }
        return continuity
    }

    /// A source that was known and begins anew says that the topic was made anew: sources it has no more hold
    /// nobody back.
    private mutating func forgetOthers(of header: BlockHeader) {
        guard header.beginsAnew, header.sources < sources.count,
            sources[header.source].through != nil
        else { return }
        unreported -= sources[header.sources...].count { !$0.hasReported }
        sources.removeSubrange(header.sources...)
    }

    /// The first pane that may not close yet; 0 while a source has not reported.
    var firstOpenPane: UInt32 {
        guard isComplete else { return 0 }
        var open: UInt32?
        for source in sources where source.flags == 0 {
            open = min(open ?? .max, source.firstOpenPane)
        }
        if let open { return open }
        return sources.compactMap(\.lastPane).max().map { $0 &+ 1 } ?? 0
    }

    /// The first pane any source has seen: where history begins.
    var lowestPane: UInt32 { sources.map(\.lowestPane).min() ?? .max }
}

extension SourceProgress {
    /// Appends the progress to `buffer`: how many sources, then each.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(sources.count))
        for source in sources { source.encode(into: &buffer) }
    }

    /// Reads progress; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        guard let count = reader.varint(), count <= UInt64(BlockHeader.maxSources) else {
            return nil
        }
        for _ in 0..<count {
            guard let source = SourceState(&reader) else { return nil }
            sources.append(source)
            unreported += source.hasReported ? 0 : 1
        }
    }
}
