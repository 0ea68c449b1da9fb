import Foundation
import Testing

extension SystemTests {
    /// What a live run wrote against a replay of the same events.
    @Suite("Parity", .serialized)
    struct ParityTests {
        private static let traffic = [
            "--seed", "3", "--hours", "14", "--population", "customers:accounts=300",
            "--population", "s1:accounts=60,rate=400,evasion=none",
        ]

        @Test("it is zero after a live run that was killed amid its work, and not with other rules")
        func killed() throws {
            let site = try Site(
                "parity", partitions: 4,
                settings: [
                    "statistics_interval: 200ms", "snapshot_interval: 1s",
                    "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }",
                    // What rules find by themselves, and campaigns beside.
                    "campaigns: { alerts: single }",
                ])
            defer { site.removeAll() }
            try site.createTopics()
            try site.simulate(Self.traffic)
            let scratch = try Scratch()
            let events = scratch.path("events.jsonl")
            try Running.finish(["simulate", "--out", events] + Self.traffic)
            let total = try site.inputWatermarks().reduce(0) { $0 + $1.high }
            let live = try site.start(["--instance-id", "a"])
            let isAmid = SystemTests.eventually(within: 60) {
                let done = (try? site.committed())?.reduce(0) { $0 + max(0, $1) } ?? 0
                return done > total / 4
            }
            try #require(isAmid, "\(live.errors.suffix(2000))")
            live.signal(SIGKILL)
            try #require(SystemTests.eventually(within: 10) { !live.isRunning })
            _ = try site.runToEnd(["--instance-id", "a"])

            let check = ["backtest", events, "--check-parity", "--against", site.alerts]
            let same = try Running.finish(check + site.config)
            #expect(
                String(decoding: same.output, as: UTF8.self) == "stillwatch_parity_differences 0\n")
            let compared = same.errors.firstMatch(of: /parity: (\d+) records compared/)
            #expect(try #require(compared.flatMap { Int($0.1) }) > 20)
            // A day's job: the range begins in the middle, behind a warm-up.
            let range = ["--from", "2026-06-01T08:00:00Z", "--to", "2026-06-01T12:00:00Z"]
            try Running.finish(check + range + site.config)

            try Running.finish(["rules", "starter", "--out", scratch.path("rules")])
            let path = scratch.path("rules/shared_identity.yaml")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try text.replacing("accounts(24h) >= 15", with: "accounts(24h) >= 40")
                .write(toFile: path, atomically: true, encoding: .utf8)
            let other = try Running(check + ["--rules", scratch.path("rules")] + site.config)
            #expect(try other.exitCode(within: 120) == 1)
            #expect(!other.errors.contains("missing 0, different 0, shifted 0"))
        }
    }
}
