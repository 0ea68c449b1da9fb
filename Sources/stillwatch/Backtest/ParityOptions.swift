import Assessment
import Configuration
import Primitives
import Replay
import Topology

/// Compares the findings of `backtest` with those that a live run wrote.
struct ParityOptions {
    /// The options, for the help and the parser.
    static let options = [
        Option(
            "check-parity", .flag,
            help:
                "Compare with the findings that a live run wrote over the same events; prints one metric, ends "
                + "with 1 on a difference, and writes differences to --out as JSON lines."),
        Option(
            "against", .text("file|topic"),
            help: "What the live run wrote: a file of findings, or the topic they are on."),
    ]

    private let place: String
    private let settings: Settings
    private let out: String?

    /// What is to be compared; nil where nothing is.
    ///
    /// - Throws: `Failure` where options do not go together.
    init?(_ invocation: Invocation, _ settings: Settings) throws(Failure) {
        let isAsked = invocation.has("check-parity")
        guard isAsked == invocation.has("against") else {
            throw Failure(.usage, "--check-parity and --against go together")
        }
        guard isAsked, let place = invocation.value("against") else { return nil }
        let others = [
            "labels", "compare", "expect", "sweep", "check-warmup", "timelines", "members",
            "checkpoint", "checkpoint-every", "resume", "fail-on-gaps",
        ]
        for option in others where invocation.has(option) {
            throw Failure(.usage, "--check-parity does not go with --\(option)")
        }
        out = invocation.value("out")
        if let out, out.hasSuffix("/") || Files.isDirectory(out) == true {
            throw Failure(
                .usage, "--out: with --check-parity it is a file, and \(out) is a directory")
        }
        self.place = place
        self.settings = settings
    }

    /// What the live run wrote, of the range and around it.
    func emitted(_ range: JudgedRange) throws -> [EmittedFinding] {
        // A record's timestamp is its finding's time; tasks run apart by no more than a day.
        try EmittedFindings(place, option: "--against", settings)
            .all(since: range.from?.advanced(byMs: -86_400_000))
    }

    /// Compares, prints, and says how the command ends.
    ///
    /// - Parameter report: of the replay, with the findings of the range.
    func compare(
        _ report: ReplayDriver.Report, _ emitted: [EmittedFinding], in range: JudgedRange
    ) throws -> ExitCode {
        let parity = Parity(
            report.findings, emitted, in: range, end: report.closedThrough,
            productVersion: Release.version)
        if let out {
            try writing { () throws(OutputError) in
                var output = try Output(path: out)
                try output.write(text: parity.lines)
                try output.finish()
            }
        }
        Console.error("\n" + parity.text)
        try Output.print(parity.metric)
        return parity.differences.isEmpty ? .ok : .checkFailed
    }
}
