import Foundation
import Testing

extension SystemTests {
    @Suite("Records of several events", .serialized)
    struct BatchTests {
        /// A batch of `count` events and, in its middle, one element that is none.
        private static func batch(_ count: Int, from first: Int) -> String {
            let elements = (0..<count).map { i in
                let pad = String(repeating: "x", count: 100)
                return
                    #"{"time":\#(1_780_317_296_789 + first + i),"account":"a\#(i % 7)","pad":"\#(pad)"}"#
            }
            let half = count / 2
            let all = elements[..<half] + [#"{"account":"no time"}"#] + elements[half...]
            return #"{"records":[\#(all.joined(separator: ","))]}"#
        }

        @Test("records of 1.1 MB are taken apart, each once, and dead letters name the element")
        func largeBatches() throws {
            let site = try Site("batches", partitions: 1, settings: ["input.records: /records"])
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            let count = 7_500
            let lines = (0..<3).map { Self.batch(count, from: $0 * count) } + [#"{"records":[]}"#]
            #expect(lines[0].utf8.count > 1_100_000)
            let file = try scratch.file("lines", lines.map { $0 + "\n" }.joined())
            _ = try Kcat.run([
                "-b", site.servers, "-X", "message.max.bytes=4000000", "-P", "-t", site.input, "-p",
                "0", "-l", file,
            ])
            let log = try #require(site.runToEnd().log("stopped"))
            #expect(log["consumed"] == 4 && log["processed"] == 3 * count)
            #expect(log["records_with_events"] == 3 && log["records_skipped"] == 1)
            #expect(log["dead_letters"] == 3 && log["records_refused"] == 0)
            #expect(try site.committed() == [4])
            let letters = try site.records(of: site.deadLetters)
            let origins = letters.map {
                "\($0.headers["stillwatch_offset"] ?? "") \($0.headers["stillwatch_element"] ?? "")"
            }
            #expect(origins.sorted() == (0..<3).map { "\($0) \(count / 2)" })
            #expect(letters.allSatisfy { $0.headers["stillwatch_reason"] == "missing_time" })
            let values = letters.map { String(decoding: $0.value, as: UTF8.self) }
            #expect(values.allSatisfy { $0 == #"{"account":"no time"}"# })
        }
    }
}
