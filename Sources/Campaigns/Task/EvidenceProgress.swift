import Primitives
import Topology

/// How far each source of evidence has told.
struct EvidenceProgress: Equatable {
    /// One source.
    struct Source: Equatable {
        var hasReported = false
        var hasEnded = false
        var through = EventTime(ms: 0)
    }

    /// What a block is.
    enum Continuity: Equatable {
        case next, duplicate, gap
    }

    private(set) var sources: [Source] = []

    /// Takes in a block; a duplicate changes nothing.
    mutating func note(_ header: EvidenceBlock.Header) -> Continuity {
        while sources.count < header.sources { sources.append(Source()) }
        let source = sources[header.source]
        if source.hasReported {
            let isNews = header.through > source.through || header.hasEnded && !source.hasEnded
            guard isNews, header.through >= source.through else { return .duplicate }
        }
        let isGap = source.hasReported && header.from != source.through
        // What a range comes to is known with its last part.
        if header.hasMore { return isGap ? .gap : .next }
        sources[header.source] = Source(
            hasReported: true, hasEnded: header.hasEnded, through: header.through)
        return isGap ? .gap : .next
    }

    /// Whether every source has said that nothing will come any more.
    var hasEnded: Bool { !sources.isEmpty && sources.allSatisfy { $0.hasReported && $0.hasEnded } }

    /// The source that is waited for: one that has not told, or else, of those that have not ended, the one behind all
    /// others; nil where none is.
    var slowest: Int? {
        if let silent = sources.firstIndex(where: { !$0.hasReported }) { return silent }
        let active = sources.indices.filter { !sources[$0].hasEnded }
        return active.min { (sources[$0].through, $0) < (sources[$1].through, $1) }
    }

    /// The last tick that every source has told of, ticks being `tickMs` long; nil before all have reported.
    func lastTick(_ tickMs: Int64) -> Int64? {
        guard !sources.isEmpty, sources.allSatisfy(\.hasReported) else { return nil }
        let active = sources.filter { !$0.hasEnded }.map(\.through.ms)
        if let least = active.min() { return least.floorDivided(by: tickMs) }
        // What is left of the last tick will not come.
        return sources.map { $0.through.ms.ceilingDivided(by: tickMs) }.max()
    }
}

extension Int64 {
    func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }

    func ceilingDivided(by divisor: Int64) -> Int64 { -(-self).floorDivided(by: divisor) }
}

extension EvidenceProgress {
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(sources.count))
        for source in sources {
            buffer.append((source.hasReported ? 1 : 0) | (source.hasEnded ? 2 : 0))
            buffer.append(zigzag: source.through.ms)
        }
    }

    init?(_ reader: inout ByteReader) {
        guard let count = reader.varint(), count <= 1 << 16 else { return nil }
        for _ in 0..<count {
            guard let flags = reader.integer(UInt8.self), flags < 4, let time = reader.time() else {
                return nil
            }
            sources.append(
                Source(
                    hasReported: flags & 1 != 0, hasEnded: flags & 2 != 0,
                    through: time))
        }
    }
}
