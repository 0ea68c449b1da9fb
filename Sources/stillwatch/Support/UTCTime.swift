import Glibc
import Primitives

/// Times on the command line.
enum UTCTime {
    /// Milliseconds of `2026-01-01T00:00:00Z`; nil for any other shape or a date that does not exist.
    static func ms(_ text: String) -> Int64? {
        let fields = text.split { "-T:Z".contains($0) }.compactMap { Int32($0) }
        guard fields.count == 6, (2000...2099).contains(fields[0]) else { return nil }
        var parts = tm()
        parts.tm_year = fields[0] - 1900
        parts.tm_mon = fields[1] - 1
        parts.tm_mday = fields[2]
        parts.tm_hour = fields[3]
        parts.tm_min = fields[4]
        parts.tm_sec = fields[5]
        let ms = Int64(timegm(&parts)) * 1000
        // Any other shape, and dates such as 30 February, are written differently.
        return Timestamp.rfc3339(ms: ms) == text.dropLast() + ".000Z" ? ms : nil
    }
}
