import Primitives
import Simulation
import Testing

/// Ordinary customers against quantiles of the public traces that the generator's own tables do not
/// hold: `benchmarks/fit/fit_traces.py` prints them from the files.
///
/// ServeGen "m-large" (Apache-2.0), its 162 clients over 14 days: each client weighs the same.
@Suite struct TraceTests {
    static let knots = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    static let inputs: [Double] = [51, 86, 230, 614, 1326, 2503, 4194, 12_492]
    static let outputs: [Double] = [1, 2, 13, 54, 171, 484, 709, 1586]
    /// A client's requests over the mean client's, at 0.5, 0.75 and 0.9: of smaller ones a day says
    /// whether they had a session at all.
    static let rates = [0.1102, 0.5842, 1.935]
    /// Medians of the variation of gaps, at 0.25, 0.5 and 0.75 of the clients.
    static let variations = [1.016, 1.452, 2.204]

    /// What a test needs to know of a request.
    struct Request {
        var account: String
        var timeMs: Int64
        var input: Double
        var output: Double
    }

    static let run: [Request] = {
        guard let scenario = try? scenario("customers:accounts=600,rate=300", hours: 24, seed: 9)
        else { return [] }
        return lines(of: scenario).map { line in
            Request(
                account: text(line, "\"account\":\""), timeMs: Int64(number(line, "{\"time\":")),
                input: number(line, "\"input_tokens\":"),
                output: number(line, "\"output_tokens\":"))
        }
    }()

    @Test func inputsHaveTheTracesQuantiles() {
        check(Self.run.map { ($0.account, $0.input) }, Self.inputs, factor: 1.5, top: 1.6)
    }

    @Test func outputsHaveTheTracesQuantiles() {
        // Requests that failed have no output. The longest hundredth is 3.6 times as long as the
        // trace's: a client's median and what is around it are drawn apart.
        let good = Self.run.filter { $0.output > 0 }
        check(good.map { ($0.account, $0.output) }, Self.outputs, factor: 1.9, top: 4)
    }

    @Test func ratesHaveTheTracesQuantiles() {
        var counts: [String: Double] = [:]
        for request in Self.run { counts[request.account, default: 0] += 1 }
        let all = (Array(counts.values) + .init(repeating: 0, count: 600 - counts.count)).sorted()
        let mean = all.reduce(0, +) / 600
        for (p, wanted) in zip([0.5, 0.75, 0.9], Self.rates) {
            let rate = all[Int(p * 599)] / mean
            #expect(rate <= wanted * 1.4 && rate >= wanted / 1.4, "\(p): \(rate)")
        }
    }

    @Test func gapsHaveTheTracesVariation() {
        var gaps: [String: [Int64: [Double]]] = [:]
        var last: [String: Int64] = [:]
        for request in Self.run {
            let window = request.timeMs / 600_000
            if let before = last[request.account], before / 600_000 == window {
                gaps[request.account, default: [:]][window, default: []].append(
                    Double(request.timeMs - before))
            }
            last[request.account] = request.timeMs
        }
        // As in the trace: windows of ten requests or more, the median of a client's windows.
        let medians = gaps.values.compactMap { windows -> Double? in
            let each = windows.values.filter { $0.count >= 9 && ($0.max() ?? 0) > 0 }.map(
                variation)
            return each.isEmpty ? nil : median(each)
        }.sorted()
        #expect(medians.count > 150)
        for (p, wanted) in zip([0.25, 0.5, 0.75], Self.variations) {
            let value = medians[Int(p * Double(medians.count - 1))]
            #expect(value > wanted / 1.5 && value < wanted * 1.5, "\(p): \(value)")
        }
    }

    /// Quantiles of values where each account weighs the same, within a factor of those wanted; the
    /// last one within a factor of its own.
    private func check(
        _ values: [(account: String, value: Double)], _ wanted: [Double], factor: Double,
        top: Double
    ) {
        var counts: [String: Double] = [:]
        for (account, _) in values { counts[account, default: 0] += 1 }
        let total = Double(counts.count)
        let sorted = values.sorted { $0.value < $1.value }
        var weight = 0.0
        var quantiles: [Double] = []
        for (account, value) in sorted {
            weight += 1 / (counts[account] ?? 1) / total
            while quantiles.count < Self.knots.count, weight >= Self.knots[quantiles.count] {
                quantiles.append(value)
            }
        }
        #expect(quantiles.count == wanted.count)
        for ((p, value), wanted) in zip(zip(Self.knots, quantiles), wanted) {
            let factor = p == 0.99 ? top : factor
            let isClose = value <= wanted * factor + 2 && value >= wanted / factor - 2
            #expect(isClose, "\(p): \(value), not \(wanted)")
        }
    }

    private static func text(_ line: [UInt8], _ name: String) -> String {
        String(decoding: tail(line, name).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    private static func number(_ line: [UInt8], _ name: String) -> Double {
        let digits = tail(line, name).prefix { (48...57).contains($0) }
        return digits.reduce(0) { $0 * 10 + Double($1 - 48) }
    }

    /// What follows `name`.
    private static func tail(_ line: [UInt8], _ name: String) -> ArraySlice<UInt8> {
        let wanted = Array(name.utf8)
        let last = max(0, line.count - wanted.count)
        let at = (0..<last).first { line[$0] == wanted[0] && line[$0...].starts(with: wanted) }
        return at.map { line[($0 + wanted.count)...] } ?? []
    }
}
