import Foundation
import TestSupport
import Testing

/// The input: two million events with two farms and planted bad records, on a topic of 12 partitions.
///
/// Made once for all tests that read it.
struct RealInput {
    let site: Site
    let truth: Truth
    /// Records on the topic.
    var records: Int { truth.records }

    static let shared: Result<RealInput, any Error> = Result { try RealInput() }

    private init() throws {
        site = try Site("requests")
        let scratch = try Scratch()
        try site.simulate(["--preset", "system-test", "--labels", scratch.path("labels")])
        truth = try Truth(scratch.path("labels"))
    }

    /// The lines `backtest` writes for the same events out of a file.
    static func backtestFindings() throws -> [String] {
        let scratch = try Scratch()
        let events = scratch.path("events.jsonl")
        try Running.finish(["simulate", "--preset", "system-test", "--out", events])
        let backtest = try Running.finish([
            "backtest", events, "--set", "input.max_record_bytes=1MiB",
        ])
        return backtest.output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
