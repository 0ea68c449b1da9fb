import Detection
import Primitives
import Replay

/// Whether a warm-up was long enough: what another one changes about findings.
public struct WarmupCheck: Sendable {
    /// Milliseconds of the other warm-up.
    public let warmupMs: Int64
    /// Episodes that differ, as they are and as they are with the other warm-up; by time.
    public let pairs: [EpisodeDiff.Pair]

    /// Compares findings, those of the warm-ups among them.
    ///
    /// - Parameter memberships: the members of the campaigns on either side.
    public init(
        _ usual: [Finding], other: [Finding], warmupMs: Int64, _ range: JudgedRange,
        memberships: (usual: Memberships, other: Memberships) = (Memberships(), Memberships())
    ) {
        self.warmupMs = warmupMs
        let diff = EpisodeDiff(
            before: range.episodes(usual, memberships.usual).all,
            after: range.episodes(other, memberships.other).all)
        pairs = diff.pairs.filter { pair in
            // When both opened in the warm-up is no finding of the range, when they close is.
            let sides = [pair.before, pair.after].compactMap(\.self)
            let isCarried = sides.count == 2 && sides.allSatisfy { !range.contains($0.opened) }
            return pair.before?.closed != pair.after?.closed
                || !isCarried && !pair.changes.isEmpty
        }
    }

    /// The entities whose findings change, each once, sorted.
    public var entities: [String] { Set(pairs.map(\.entity)).sorted() }
}

/// What was read in front of the range, and what came of it.
public struct WarmupReport: Sendable {
    /// The range.
    public var range: JudgedRange
    /// Findings dropped, which lie in the warm-up.
    public var dropped = 0
    /// What other warm-ups change; empty where that was not asked.
    public var checks: [WarmupCheck] = []

    /// The warm-up of a range.
    public init(_ range: JudgedRange) { self.range = range }
}
