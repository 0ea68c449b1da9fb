import Foundation
import Testing

extension SystemTests {
    @Suite("Alignment", .serialized)
    struct AlignmentTests {
        @Test(
            "few records over 12 partitions and days, held back every moment: each is counted once")
        func sparse() throws {
            let site = try Site("sparse", settings: ["window: { pane: 1s, alignment_limit: 1s }"])
            defer { site.removeAll() }
            try site.createTopics()
            let count = 60_000
            try site.simulate([
                "--seed", "6", "--hours", "48", "--events", String(count), "--population",
                "customers:accounts=20000,rate=14",
            ])
            let expected = try site.inputWatermarks().map { Int($0.high) }.reduce(0, +)
            try #require(expected == count)
            for shards in ["1", "3"] {
                let run = try site.runToEnd(
                    ["--shards", shards, "--group", "\(site.group)-\(shards)"], within: 90)
                let log = try #require(run.log("stopped"))
                #expect(log["consumed"] == count)
                #expect(log["processed"] == count)
                #expect(log["late"] == 0)
                #expect(log["dead_letters"] == 0)
            }
        }
    }
}
