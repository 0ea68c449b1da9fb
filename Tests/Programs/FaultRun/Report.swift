import Foundation

/// What a run came to.
struct Report {
    var seed: UInt64 = 0
    var release = ""
    var comparison: Oracle.Comparison?
    var restarts = 0
    private var faults: [String: [Double]] = [:]
    private var ends: [String: Int] = [:]
    /// Seconds from kill -9 of a member until less than a second's work was left.
    private var recoveries: [Double] = []

    mutating func note(_ fault: Fault, seconds: Double, caughtUp: Double) {
        faults[fault.kind, default: []].append(seconds)
        if case .killMember = fault { recoveries.append(seconds) }
        if case .killAll = fault { recoveries.append(seconds) }
        say(String(format: "caught up %.1f s after it began", seconds))
    }

    /// A member ended by itself.
    mutating func noteEnd(_ name: String, code: Int32) {
        say("\(name) ended with \(code) and was started again")
        ends["exit code \(code)", default: 0] += 1
    }

    var isGood: Bool {
        guard let comparison else { return false }
        return comparison.expected > 0 && comparison.lost == 0 && comparison.doubled == 0
            && comparison.different == 0
    }

    private func percentile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }

    /// The summary, a line each.
    var text: String {
        let count = faults.values.reduce(0) { $0 + $1.count }
        var lines = [
            "fault run: seed \(seed), Kafka \(release), \(count) faults, \(restarts) restarts of members"
        ]
        for (kind, seconds) in faults.sorted(by: { $0.key < $1.key }) {
            lines.append(
                String(
                    format: "  %3d x %@: caught up after %.1f s (median), %.1f s (longest)",
                    seconds.count, kind, percentile(seconds, 0.5), seconds.max() ?? 0))
        }
        for (what, count) in ends.sorted(by: { $0.key < $1.key }) {
            lines.append("  members that ended by themselves: \(count) with \(what)")
        }
        lines.append(
            String(
                format: "recovery from kill -9 to a lag under a second: p50 %.1f s, p99 %.1f s",
                percentile(recoveries, 0.5), percentile(recoveries, 0.99)))
        if let comparison {
            lines.append(
                "\(comparison.events) events, \(comparison.expected) findings expected, "
                    + "\(comparison.found) committed: \(comparison.lost) lost, "
                    + "\(comparison.doubled) doubled, \(comparison.different) different")
            lines += comparison.examples.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
