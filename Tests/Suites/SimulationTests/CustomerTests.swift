import Simulation
import TestSupport
import Testing

/// The base of customers against the figures of the public traces; seed 7.
@Suite struct CustomerTests {
    /// 162 customers, as in the trace, over three days, at a fiftieth of its rate.
    static let run: [Seen] = {
        guard let scenario = try? scenario("customers:accounts=162,rate=2000", hours: 72) else {
            return []
        }
        return events(of: scenario)
    }()

    @Test func fewCustomersMakeMostOfTheTraffic() {
        let counts = loads.sorted(by: >)
        let total = Double(Self.run.count)
        #expect((0.13...0.19).contains(Double(counts[0]) / total), "the trace says 0.160")
        let ten = Double(counts.prefix(10).reduce(0, +)) / total
        #expect((0.57...0.69).contains(ten), "the trace says 0.632")
    }

    @Test func requestsAddUpToTheRate() {
        #expect((0.9...1.1).contains(Double(Self.run.count) / (162 * 2000 * 3)))
    }

    @Test func manyCustomersAreSeldomActive() {
        var windows: [String: Set<Int64>] = [:]
        for event in Self.run { windows[event.account, default: []].insert(event.timeMs / 600_000) }
        let shares =
            windows.values.map { Double($0.count) / 432 }
            + .init(
                repeating: 0, count: 162 - windows.count)
        let seldom = Double(shares.count { $0 < 0.05 }) / 162
        #expect((0.36...0.58).contains(seldom), "the trace says 0.463")
        let always = Double(shares.count { $0 > 0.9 }) / 162
        #expect((0.06...0.25).contains(always), "the trace says 0.15")
    }

    @Test func gapsAreBurstyWithinTenMinutes() {
        var gaps: [String: [Double]] = [:]
        var last: [String: Int64] = [:]
        for event in Self.run {
            if let before = last[event.account], event.timeMs - before < 600_000 {
                gaps[event.account, default: []].append(Double(event.timeMs - before))
            }
            last[event.account] = event.timeMs
        }
        let variations = gaps.values.filter { $0.count > 100 }.map(variation)
        #expect(variations.count > 40)
        #expect((1.1...2.6).contains(median(variations)), "the trace's clients: 1.45")
    }

    @Test func trafficFollowsTheDay() {
        var hours = [Double](repeating: 0, count: 24)
        // The largest customers' sessions would drown the curve in noise.
        let quiet = Set(byAccount.filter { $0.value < 20_000 }.keys)
        for event in Self.run where quiet.contains(event.account) {
            hours[Int(event.timeMs / 3_600_000 % 24)] += 1
        }
        let night = hours[4...8].reduce(0, +) / 5
        let evening = hours[14...19].reduce(0, +) / 6
        #expect((1.25...2.2).contains(evening / night), "the trace says 1.64")
    }

    /// Groups of 30 of the trace's clients: median 0.156, p99 0.373, at most 0.556.
    @Test func chanceGroupsOfCustomersAreUneven() {
        let loads = loads + [Int](repeating: 0, count: 162 - loads.count)
        var random = TestRandom(seed: 7)
        let values = (0..<2000).map { _ in
            evenness(loads.shuffled(using: &random).prefix(30))
        }.sorted()
        #expect((0.13...0.19).contains(values[1000]))
        #expect(values[1980] < 0.45)
        #expect(values[1999] < 0.65)
    }

    private var byAccount: [String: Int] {
        Self.run.reduce(into: [:]) { $0[$1.account, default: 0] += 1 }
    }

    private var loads: [Int] { Array(byAccount.values) }
}
