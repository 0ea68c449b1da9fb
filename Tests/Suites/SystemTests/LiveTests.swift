import Foundation
import Testing

extension SystemTests {
    @Suite("Live", .serialized)
    struct LiveTests {
        /// A farm at work in the hours up to `endMs`, event times in order, one line an event.
        private func farm(_ scratch: Scratch, endMs: Int64) throws -> [String] {
            let hours = 13
            let start = Date(timeIntervalSince1970: Double(endMs / 1000) - Double(hours) * 3600)
            let file = scratch.path("farm.jsonl")
            try Running.finish([
                "simulate", "--seed", "5", "--hours", "\(hours)", "--out", file, "--start",
                start.formatted(.iso8601), "--population", "customers:accounts=300", "--population",
                "s1:accounts=60,rate=400",
            ])
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            try #require(lines.count > 5_000)
            return lines.map(String.init)
        }

        private var nowMs: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

        /// Produces to partitions 3 and 7 of the input, by turns, with null keys and headers.
        private func produce(_ lines: [String], _ site: Site, _ scratch: Scratch) throws {
            for (turn, partition) in [3, 7].enumerated() {
                let own = lines.enumerated().filter { $0.offset % 2 == turn }.map {
                    $0.element + "\n"
                }
                let file = try scratch.file("part", own.joined())
                try Kcat.produce(file, to: site.input, partition: partition, at: site.servers)
            }
        }

        /// Waits for findings of the alerts topic that `condition` holds for.
        private func alerts(
            _ site: Site, _ run: Running, until condition: ([Finding]) -> Bool
        ) throws -> [Finding] {
            var findings: [Finding] = []
            let came = try SystemTests.eventually(within: 45) {
                findings = try site.records(of: site.alerts).map { try Finding(ocsf: $0) }
                return condition(findings)
            }
            try #require(came, "\(findings.count) alerts\n\(run.errors)")
            return findings
        }

        @Test(
            "alerts come without any end once silent partitions hold nothing back; odd records pass"
        )
        func idlePartitions() throws {
            let site = try Site(
                "live",
                settings: [
                    "window: { idle_timeout: 1s }", "statistics_interval: 200ms",
                    "campaigns: { alerts: single }",
                ])
            defer { site.removeAll() }
            try site.createTopics()
            let run = try site.start()
            #expect(SystemTests.eventually(within: 30) { run.log("partitions assigned") != nil })
            let scratch = try Scratch()
            let lines = try farm(scratch, endMs: nowMs - 7_200_000)
            // Tombstones before, between and in a partition of their own.
            try Kcat.produceTombstones(4, to: site.input, partition: 3, at: site.servers)
            try produce(lines, site, scratch)
            try Kcat.produceTombstones(3, to: site.input, partition: 0, at: site.servers)
            let found = try alerts(site, run) { !$0.isEmpty }
            #expect(found.contains { $0.rule.hasPrefix("farm.") })
            // What was closed for silence is no end: later events go on, and late ones count.
            let more = try farm(scratch, endMs: nowMs)
            try produce(more, site, scratch)
            let total = lines.count + more.count + 7
            let isRead = SystemTests.eventually(within: 30) {
                run.log("statistics")?["consumed"] == total
            }
            #expect(isRead, "\(run.errors)")
            _ = try alerts(site, run) { $0.count > found.count }
            run.signal(SIGTERM)
            #expect(try run.exitCode(within: 15) == 0)
            let log = try #require(run.log("stopped"))
            #expect(log["consumed"] == total)
            #expect(log["processed"] + log["dead_letters"] == total)
            let letters = try site.records(of: site.deadLetters)
            let empty = letters.filter { $0.headers["stillwatch_reason"] == "empty" }
            #expect(empty.count == 7)
            #expect(empty.allSatisfy { $0.value.isEmpty && $0.headers["stillwatch_size"] == "0" })
        }

        @Test(
            "alerts come as the watermark moves, while no partition is idle, and none ahead of it")
        func watermark() throws {
            let site = try Site(
                "watermark", partitions: 1,
                settings: [
                    "window: { idle_timeout: 1h }", "statistics_interval: 200ms",
                    "campaigns: { alerts: single }",
                ])
            defer { site.removeAll() }
            try site.createTopics()
            let run = try site.start()
            let scratch = try Scratch()
            let lines = try farm(scratch, endMs: nowMs)
            let file = try scratch.file("lines", lines.map { $0 + "\n" }.joined())
            try Kcat.produce(file, to: site.input, partition: 0, at: site.servers)
            let found = try alerts(site, run) { !$0.isEmpty }
            // Panes end with the watermark: 30 s of lateness behind the newest event.
            #expect(found.allSatisfy { $0.timeMs <= nowMs - 30_000 })
            run.signal(SIGTERM)
            #expect(try run.exitCode(within: 15) == 0)
            #expect(run.log("stopped")?["late"] == 0)
        }
    }
}
