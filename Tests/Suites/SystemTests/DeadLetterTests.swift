import Foundation
import Testing

extension SystemTests {
    @Suite("Dead letters", .serialized)
    struct DeadLetterTests {
        private static let bad = #"{"time":"2026-06-01T00:00:00Z"}"#

        /// Produces a keyed record with headers, one of which is called as ours are.
        private func produce(_ site: Site, _ scratch: Scratch) throws {
            let file = try scratch.file("keyed", "k1|{\"time\":1\nk2|\(Self.bad)\n")
            try Kcat.run([
                "-b", site.servers, "-P", "-t", site.input, "-p", "2", "-K", "|", "-H", "trace=7",
                "-H", "stillwatch_reason=mine", "-l", file,
            ])
            let large = try scratch.file("large", String(repeating: "x", count: 100_000))
            try Kcat.run(["-b", site.servers, "-P", "-t", site.input, "-p", "0", large])
        }

        @Test("they are listed with reason and field, and replayed with key, headers and timestamp")
        func listAndReplay() throws {
            let site = try Site("letters", partitions: 3)
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            try produce(site, scratch)
            _ = try site.runToEnd()
            let list = try Running.finish(["dead-letters", "list"] + site.config).output
            let lines = String(decoding: list, as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(
                lines.contains {
                    $0.contains(#""reason":"missing_account","field":"account""#)
                        && $0.contains(#""source_partition":2,"source_offset":1"#)
                })
            let target = "\(site.input)-again"
            try site.create(target, partitions: 3)
            let replay =
                ["dead-letters", "replay", "--to", target, "--reason", "missing_account"]
                + site.config
            try Running.finish(replay)
            #expect(try site.records(of: target).isEmpty, "a dry run produces nothing")
            try Running.finish(replay + ["--execute"])
            let again = try site.records(of: target)
            let originals = try site.records(of: site.input)
            let original = try #require(originals.first { $0.key == "k2" })
            #expect(again.count == 1)
            #expect(again.first?.key == "k2" && again.first?.text == Self.bad)
            #expect(again.first?.headers == original.headers)
            #expect(again.first?.timestampMs == original.timestampMs)
            #expect(again.first?.partition == 2)
        }

        @Test("a topic's records are decoded without a group")
        func decode() throws {
            let site = try Site("decode", partitions: 3)
            defer { site.removeAll() }
            let scratch = try Scratch()
            try produce(site, scratch)
            let output = try Running.finish(
                ["decode", "--topic", site.input, "-n", "10"] + site.config
            ).output
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 3)
            #expect(
                lines.contains {
                    $0.contains("\(site.input)[2]@1")
                        && $0.contains(#""refused":"missing_account""#)
                })
        }
    }
}
