import Detection
import Primitives
import Replay

/// The part of a history that findings are wanted of, and what is read in front of it so that windows are full there.
///
/// Counted in panes: the beginning is rounded down to the start of a pane, the end up to the end of one. A finding
/// belongs to the range where its time, the end of the pane evaluated, lies behind the beginning.
public struct JudgedRange: Sendable, Equatable {
    /// Where it begins; nil with the history, and then there is no warm-up.
    public let from: EventTime?
    /// Where it ends, exclusive; nil with the history.
    public let to: EventTime?
    /// Milliseconds in front of `from` that are read; 0 without a beginning.
    public let warmupMs: Int64
    private let width: PaneWidth

    /// From one time to another, with what is read in front.
    public init(from: EventTime?, to: EventTime?, warmupMs: Int64, paneWidth: PaneWidth) {
        width = paneWidth
        self.from = from.map { paneWidth.start(of: paneWidth.pane(of: $0)) }
        self.to = to.map { paneWidth.end(of: paneWidth.pane(of: $0.advanced(byMs: -1))) }
        self.warmupMs = from == nil ? 0 : warmupMs
    }

    /// This range with another warm-up.
    public func warmed(upMs ms: Int64) -> JudgedRange {
        JudgedRange(from: from, to: to, warmupMs: ms, paneWidth: width)
    }

    /// Where reading begins; nil with the history.
    public var start: EventTime? { from?.advanced(byMs: -warmupMs) }

    /// The panes that are folded and closed.
    public var panes: Range<UInt32> {
        let first = start.map { width.pane(of: $0).index } ?? 0
        let end = to.map { width.pane(of: $0).index } ?? .max
        return first..<max(first, end)
    }

    /// Whether what happens at `time` belongs to the range rather than to the warm-up.
    func contains(_ time: EventTime) -> Bool { from.map { time > $0 } ?? true }

    /// Takes the findings of the warm-up out, and says how many they were.
    public func dropWarmup(_ findings: inout [Finding]) -> Int {
        let before = findings.count
        findings.removeAll { !contains($0.time) }
        return before - findings.count
    }

    /// Episodes by where they opened.
    struct Episodes {
        /// Those that opened in the range.
        var opened: [Episode]
        /// Those that opened in the warm-up and were open in the range.
        var carried: [Episode]

        /// All of them, by the time they opened.
        var all: [Episode] { carried + opened }
    }

    /// The episodes of `findings`, which are those of the warm-up as well.
    func episodes(
        _ findings: [Finding], _ memberships: Memberships = Memberships()
    ) -> Episodes {
        let all = Episode.all(findings, memberships)
        return Episodes(
            opened: all.filter { contains($0.opened) },
            carried: all.filter { episode in
                !contains(episode.opened) && (episode.closed.map(contains) ?? true)
            })
    }

    /// As much of `span` as lies in the range; nil where nothing does.
    func part(of span: ClosedRange<EventTime>?) -> ClosedRange<EventTime>? {
        guard let span else { return nil }
        let low = max(span.lowerBound, from ?? span.lowerBound)
        return low <= span.upperBound ? low...span.upperBound : nil
    }
}
