import Configuration
import Detection
import Primitives
import Replay

/// The verdicts that `backtest` knows of, from files as the verdicts topic has them.
struct VerdictFiles {
    static let option = Option(
        "verdicts", .text("file"), isRepeatable: true,
        help: """
            What people decided, as JSON Lines of the records of the verdicts topic. A verdict has its effect from \
            its time on, in that of the events. Lines that are none are told and counted.
            """)

    /// The verdicts, file by file.
    private(set) var verdicts: [VerdictRecord] = []
    /// Lines that are none.
    private var refused = 0
    /// Tells these files from others; nil without any.
    private(set) var digest: UInt64?

    /// Reads the files that the command line names.
    ///
    /// - Throws: `Failure` where one cannot be read.
    init(_ invocation: Invocation) throws(Failure) {
        for path in invocation.values("verdicts") {
            if path == "-", invocation.arguments.contains("-") {
                throw Failure(.usage, "--verdicts and the events are both standard input")
            }
            let bytes = try Files.bytes(of: path)
            digest = bytes.withUnsafeBytes { xxh3($0, seed: digest ?? 1) }
            let file = VerdictFile(bytes)
            verdicts += file.verdicts
            refused += file.refusals.count
            for refusal in file.refusals.prefix(Self.told) {
                Console.error(
                    "warning: \(path):\(refusal.line): no verdict: \(refusal.flaw.rawValue); "
                        + "\(refusal.flaw.advice)\n")
            }
        }
    }

    private static let told = 10

    /// How many there are, for the summary; empty where no file was named.
    var summary: String {
        guard digest != nil else { return "" }
        var rows = [("", ""), ("verdicts", grouped(verdicts.count))]
        if refused > 0 { rows.append(("  lines that are none", grouped(refused))) }
        return Columns.text(rows)
    }
}
