import Foundation
import Testing

extension SystemTests {
    /// On one broker; more of them, and more faults, are for `.ci/faults`.
    @Suite("Delivery", .serialized)
    struct DeliveryTests {
        @Test(
            "instances killed amid their work and started again find what a backtest does, each once",
            arguments: ["topic", "directory"])
        func killed(store: String) throws {
            let input = try RealInput.shared.get()
            let scratch = try Scratch()
            let state =
                store == "topic" ? [] : ["--set", "state.directory=\(scratch.path("state"))"]
            let site = try Site(
                "killed-\(store)", input: input.site.input,
                settings: [
                    "statistics_interval: 200ms", "snapshot_interval: 1s",
                    "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }",
                ])
            defer { site.removeOutputs() }
            try site.createTopics()
            for (turn, name) in ["a", "a", "b"].enumerated() {
                let run = try site.start(
                    ["--instance-id", name, "--log-level", "debug"] + state)
                let before = try doneSoFar(site)
                let isAmid = SystemTests.eventually(within: 60) {
                    let done = (try? doneSoFar(site)) ?? 0
                    return done > before + 200_000 && run.log("snapshot taken") != nil
                        || done == input.records
                }
                try #require(isAmid, "\(turn): \(run.errors.suffix(30_000))")
                run.signal(SIGKILL)
                try #require(SystemTests.eventually(within: 10) { !run.isRunning })
            }
            let last = try site.runToEnd(["--instance-id", "b"] + state)
            #expect(last.log("restored") != nil)
            #expect(try site.committed() == input.site.inputWatermarks().map(\.high))
            let found = try site.records(of: site.alerts).map(\.text).sorted()
            #expect(found == (try RealInput.backtestFindings().sorted()))
        }

        @Test("at least once, undisturbed: the findings of a backtest, visible to every reader")
        func atLeastOnce() throws {
            let input = try RealInput.shared.get()
            let site = try Site(
                "alo", input: input.site.input, settings: ["delivery: at_least_once"])
            defer { site.removeOutputs() }
            try site.createTopics()
            _ = try site.runToEnd()
            let found = try site.records(of: site.alerts).map(\.text).sorted()
            #expect(found == (try RealInput.backtestFindings().sorted()))
        }

        private func doneSoFar(_ site: Site) throws -> Int {
            try site.committed().reduce(0) { $0 + Int(max(0, $1)) }
        }
    }
}
