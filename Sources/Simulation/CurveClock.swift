/// Turns requests into time: how far the clock moves while a population makes so many requests.
///
/// The rate is constant within an hour of the day and follows a curve over the 24.
struct CurveClock {
    /// Now, in milliseconds since the epoch; infinite after the end.
    private(set) var nowMs: Double
    private let endMs: Double
    /// Requests a millisecond, by hour of the day.
    private let rates: [Double]

    private static let hourMs = 3_600_000.0

    /// A clock that runs through `span` in `requests` requests.
    init(span: Range<Int64>, requests: Double, curve: [Double]) {
        nowMs = Double(span.lowerBound)
        endMs = Double(span.upperBound)
        var weight = 0.0
        var at = nowMs
        while at < endMs {
            let next = min(endMs, Self.nextHour(at))
            weight += (next - at) * curve[Self.hour(at)]
            at = next
        }
        rates = curve.map { weight > 0 ? $0 * requests / weight : 0 }
    }

    /// Moves on while `requests` requests happen.
    mutating func advance(_ requests: Double) {
        var rest = requests
        while nowMs < endMs {
            let rate = rates[Self.hour(nowMs)]
            let boundary = min(endMs, Self.nextHour(nowMs))
            let room = (boundary - nowMs) * rate
            if rest < room {
                nowMs += rest / rate
                return
            }
            rest -= room
            nowMs = boundary
        }
        nowMs = .infinity
    }

    private static func hour(_ ms: Double) -> Int {
        let hours = (ms / hourMs).rounded(.down)
        return Int(hours - (hours / 24).rounded(.down) * 24)
    }

    private static func nextHour(_ ms: Double) -> Double {
        ((ms / hourMs).rounded(.down) + 1) * hourMs
    }
}
