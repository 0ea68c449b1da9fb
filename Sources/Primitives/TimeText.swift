/// Times as people write them in files and on the command line.
public enum TimeText {
    /// What a time may look like, for messages.
    public static let forms = "milliseconds since 1970, 2026-06-01, or 2026-06-01T12:30:00Z"

    /// The time that `text` says; nil where it is in none of the forms, or does not exist.
    public static func time(_ text: some StringProtocol) -> EventTime? {
        if let ms = Int64(text), text.utf8.count > 8 { return EventTime(ms: ms) }
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = numbers(parts[0], "-", [4, 2, 2]) else { return nil }
        var inDay: Int64 = 0
        if parts.count == 2 {
            guard parts[1].hasSuffix("Z"), let ms = clock(parts[1].dropLast()) else { return nil }
            inDay = ms
        }
        let time = EventTime(ms: days(date[0], date[1], date[2]) * 86_400_000 + inDay)
        // 30 February is written differently.
        return Timestamp.rfc3339(ms: time.ms).hasPrefix(String(parts[0])) ? time : nil
    }

    /// A span for people: `50m`, `3h 20m`, `2d 4h`.
    public static func span(ms: Int64) -> String {
        let minutes = max(0, ms) / 60_000
        if minutes < 60 { return "\(minutes)m" }
        if minutes < 1440 { return "\(minutes / 60)h \(minutes % 60)m" }
        return "\(minutes / 1440)d \(minutes % 1440 / 60)h"
    }

    /// Milliseconds of `12:30`, `12:30:00` or `12:30:00.123`.
    private static func clock(_ text: some StringProtocol) -> Int64? {
        let halves = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let widths = halves[0].utf8.count == 5 ? [2, 2] : [2, 2, 2]
        guard let parts = numbers(halves[0], ":", widths), parts[0] < 24, parts[1] < 60 else {
            return nil
        }
        let second = parts.count == 3 ? parts[2] : 0
        var milliseconds: Int64 = 0
        if halves.count == 2 {
            guard let fraction = numbers(halves[1], ".", [3]) else { return nil }
            milliseconds = fraction[0]
        }
        guard second < 60 else { return nil }
        return ((parts[0] * 60 + parts[1]) * 60 + second) * 1000 + milliseconds
    }

    /// Numbers of fixed widths between separators.
    private static func numbers(
        _ text: some StringProtocol, _ separator: Character, _ widths: [Int]
    ) -> [Int64]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == widths else { return nil }
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(part) : nil
        }
        return numbers.count == widths.count ? numbers : nil
    }

    /// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
