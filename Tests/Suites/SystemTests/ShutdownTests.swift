import Foundation
import Testing

extension SystemTests {
    @Suite("Shutdown", .serialized)
    struct ShutdownTests {
        @Test(
            "a run ended by SIGTERM commits, and the next goes on where it stopped: nothing is lost"
        )
        func stopAndGoOn() throws {
            let input = try RealInput.shared.get()
            let site = try Site(
                "shutdown", input: input.site.input, settings: ["statistics_interval: 200ms"])
            defer { site.removeOutputs() }
            try site.createTopics()
            let first = try stopInTheMiddle(site)
            let done = try site.committed()
            #expect(
                done.map { max(0, $0) }.reduce(0, +) == first["processed"] + first["dead_letters"])
            let second = try #require(site.runToEnd().log("stopped"))
            for name in ["processed", "dead_letters", "consumed"] {
                let sum = first[name] + second[name]
                switch name {
                case "processed": #expect(sum == input.records - planted(input))
                case "dead_letters": #expect(sum == planted(input))
                // A record set aside at the stop (its time jumps ahead) is read again.
                default: #expect(sum >= input.records && sum <= input.records + 12)
                }
            }
            #expect(try site.committed() == input.site.inputWatermarks().map(\.high))
            let letters = try site.records(of: site.deadLetters)
            let origins = letters.map {
                "\($0.headers["stillwatch_partition"] ?? "") \($0.headers["stillwatch_offset"] ?? "")"
            }
            #expect(Set(origins).count == planted(input), "every refused record, and none twice")
            #expect(letters.count == planted(input))
            let found = try site.records(of: site.alerts).map(\.text).sorted()
            #expect(
                found == (try RealInput.backtestFindings().sorted()),
                "windows went on as well")
        }

        private func planted(_ input: RealInput) -> Int {
            input.truth.deadLetters.values.reduce(0, +)
        }

        /// Starts `run`, ends it in the middle of the input, and returns its last log line.
        private func stopInTheMiddle(_ site: Site) throws -> LogFields {
            let run = try site.start()
            let isInTheMiddle = SystemTests.eventually(within: 60) {
                (run.log("statistics")?["consumed"] ?? 0) > 200_000
            }
            try #require(isInTheMiddle, "\(run.errors)")
            #expect(run.isRunning)
            run.signal(SIGTERM)
            #expect(try run.exitCode(within: 15) == 0)
            let log = try #require(run.log("stopped"))
            #expect(log["consumed"] > 200_000)
            #expect(log["consumed"] < 1_900_000, "the end came before the signal")
            return log
        }

        @Test("SIGINT before anything is assigned ends the run at once, too")
        func stopAtStart() throws {
            let site = try Site("early", partitions: 1)
            defer { site.removeAll() }
            try site.createTopics()
            let run = try site.start()
            #expect(SystemTests.eventually(within: 20) { run.log("started") != nil })
            run.signal(SIGINT)
            #expect(try run.exitCode(within: 15) == 0)
            #expect(run.log("stopped")?["consumed"] == 0)
        }
    }
}
