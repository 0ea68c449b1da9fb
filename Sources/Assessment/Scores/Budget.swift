import Primitives

/// How many findings a team can look at: `20/day`.
public struct Budget: Sendable, Equatable {
    /// Findings.
    public let count: Int
    /// In so many milliseconds, aligned to 1970: an hour, a day or a week.
    public let periodMs: Int64
    /// As written.
    public let text: String

    /// The budget that `text` says; nil for any other shape than `20/day`, with hour, day or week.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let periods: [Substring: Int64] = ["hour": 1, "day": 24, "week": 168]
        guard parts.count == 2, let count = Int(parts[0]), count > 0, let hours = periods[parts[1]]
        else { return nil }
        self.count = count
        periodMs = hours * 3_600_000
        self.text = text
    }

    /// The episodes a team looks at: in each period the most severe first, then the earliest.
    public func taken(_ episodes: [Episode]) -> [Episode] {
        let periods = Dictionary(grouping: episodes) { $0.opened.ms / periodMs }
        return periods.sorted { $0.key < $1.key }.flatMap { _, episodes in
            episodes.sorted {
                ($1.severity, $0.opened, $0.uid) < ($0.severity, $1.opened, $1.uid)
            }.prefix(count)
        }
    }
}
