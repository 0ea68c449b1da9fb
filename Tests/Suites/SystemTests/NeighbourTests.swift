import Foundation
import Testing

extension SystemTests {
    @Suite("Processes of one host, and their starts", .serialized)
    struct NeighbourTests {
        private let quick = [
            "statistics_interval: 200ms", "partials.partitions: 4",
            "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }",
        ]

        private func name(_ run: Running) -> String? {
            run.log("started")?.fields["instance_id"] as? String
        }

        private func count(_ run: Running, _ message: String) -> Int {
            run.errors.split(separator: "\n").count { $0.contains(#""message":"\#(message)""#) }
        }

        private func hasHalf(_ run: Running) -> Bool {
            run.log("partitions assigned")?["input"] == 2
        }

        @Test(
            "two processes without a name share the partitions; one killed and started again has its name again"
        )
        func two() throws {
            let site = try Site("neighbours", partitions: 4, settings: quick)
            defer { site.removeAll() }
            try site.createTopics()
            let first = try site.start()
            try #require(eventually(within: 60) { count(first, "partitions assigned") == 1 })
            let second = try site.start()
            try #require(
                eventually(within: 60) { hasHalf(first) && hasHalf(second) },
                "\(first.errors)\n\(second.errors)")
            let host = ProcessInfo.processInfo.hostName
            #expect(name(first)?.hasSuffix("-0") == true, "\(host): \(first.errors)")
            let taken = try #require(name(second))
            #expect(taken == name(first)?.dropLast(1).appending("1"))
            let before = count(first, "partitions assigned")
            second.signal(SIGKILL)
            try #require(eventually(within: 10) { !second.isRunning })
            let again = try site.start()
            try #require(eventually(within: 60) { hasHalf(again) }, "\(again.errors)")
            #expect(name(again) == taken)
            #expect(count(first, "partitions assigned") == before, "nothing moved")
            for run in [first, again] {
                #expect(run.isRunning)
                run.signal(SIGTERM)
                #expect(try run.exitCode(within: 45) == 0)
            }
        }

        @Test(
            "after 10,000 events a rule that needs what no event has is named, with what it needs")
        func silentRule() throws {
            let scratch = try Scratch()
            let rule = """
                apiVersion: stillwatch/v1
                kind: Rule
                id: test.never
                version: 1
                status: active
                severity: low
                entity: account
                when: distinct(fingerprints.never, 1h) >= 2
                description: Never.

                """
            let rules = try scratch.file("r.yaml", rule)
            let site = try Site("silent", partitions: 2, settings: quick)
            defer { site.removeAll() }
            try site.createTopics()
            try site.simulate(["--hours", "10", "--population", "s1:accounts=100,rate=400"])
            let run = try site.start(["--rules", rules])
            let message = "rules cannot fire: no event since the start has what they ask for"
            try #require(eventually(within: 60) { run.log(message) != nil }, "\(run.errors)")
            #expect(run.log(message)?.fields["rules"] as? String == "test.never")
            #expect(run.log(message)?.fields["missing"] as? String == "fingerprints.never")
            run.signal(SIGTERM)
            #expect(try run.exitCode(within: 45) == 0)
            #expect(count(run, message) == 1, "once an hour")
        }

        @Test(
            "a first start and one after a clean stop are quiet, and the latter begins where the former ended",
            arguments: ["topic", "directory"])
        func starts(store: String) throws {
            let scratch = try Scratch()
            let state =
                store == "topic" ? [] : ["--set", "state.directory=\(scratch.path("state"))"]
            let site = try Site("starts-\(store)", partitions: 2, settings: quick)
            defer { site.removeAll() }
            try site.createTopics()
            try site.simulate(["--hours", "1", "--population", "s1:accounts=60,rate=400"])
            let bad = try scratch.file("bad", "{}\n{}\n")
            try Kcat.produce(bad, to: site.input, partition: 0, at: site.servers)
            let first = try site.runToEnd(state)
            #expect(!first.errors.contains("no snapshot can be used"))
            #expect(first.log("restored") == nil, "there was nothing to restore")
            let stopped = try #require(first.log("stopped"))
            #expect(stopped["dead_letters"] == 2)
            #expect(stopped.fields["dead_letters_by"] as? String == "missing_time=2")

            let second = try site.start(state)
            try #require(
                eventually(within: 60) { second.log("statistics")?.fields["watermark"] != nil },
                "\(second.errors)")
            #expect(!second.errors.contains("no snapshot can be used"))
            #expect(!second.errors.contains("cannot be used"))
            let restored = try #require(second.log("restored"))
            #expect(restored.fields["snapshot"] as? String != "none")
            let line = try #require(second.log("statistics"))
            #expect(line["entities"] > 0)
            #expect(line.fields["events_with"] == nil, "it has read no event itself")
            #expect(line.fields["lag_records"] as? Int == 0 && line.fields["lag_s"] as? Int == 0)
            #expect((line.fields["watermark"] as? String)?.hasPrefix("2026-") == true)
            second.signal(SIGTERM)
            #expect(try second.exitCode(within: 45) == 0)
        }
    }
}
