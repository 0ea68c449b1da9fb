/// How far each source partition has come, as its blocks tell; decides which panes may close.
///
/// The watermark is the minimum over the sources that are neither idle nor ended, is held until every source
/// has reported, and never goes back. Where none is active, everything seen may close.
struct SourceProgress: Sendable, Equatable {
    private struct Source: Equatable {
        var reported = false
        var flags: UInt8 = 0
        var firstOpenPane: UInt32 = 0
        var lastPane: UInt32?
        var lowestPane: UInt32 = .max
        /// The last offset its blocks covered; nil before the first block.
        var through: Int64?
    }

    private var sources: [Source] = []
    private var unreported = 0

    /// What a block is, judged by the offsets it covers.
    enum Continuity: Equatable {
        /// The next one.
        case next
        /// Wholly known already: a repetition.
        case duplicate
        /// Offsets between the last block and this one are missing: `missing` of them.
        case gap(missing: Int64)
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
            sources.append(Source())
            unreported += 1
        }
        var continuity = Continuity.next
        if let through = sources[header.source].through {
            if header.to < through || header.to == through && header.from < through {
                return .duplicate
            }
            if header.from > through { continuity = .gap(missing: header.from - through) }
        }
        if !sources[header.source].reported {
            sources[header.source].reported = true
            unreported -= 1
        }
        sources[header.source].through = header.to
        sources[header.source].flags = header.flags
        sources[header.source].firstOpenPane = max(
            sources[header.source].firstOpenPane, header.firstOpenPane)
        // A restarted source has forgotten its lowest pane.
        sources[header.source].lowestPane = min(
            sources[header.source].lowestPane, header.lowestPane)
        if header.highestMs != .min { sources[header.source].lastPane = paneOf(header.highestMs) }
        return continuity
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
