import Configuration
import Detection
import Glibc
import Primitives
import Replay
import YAML

/// Where `backtest` keeps how far it has come, and whether it goes on from there.
struct CheckpointOptions {
    /// The options, for the help and the parser.
    static let options = [
        Option(
            "checkpoint", .text("dir"), default: "--out, where that is a directory",
            help: "Where to keep how far the run has come, so that --resume can go on from there."),
        Option(
            "checkpoint-every", .text("span"), default: "30s",
            help: "How often that is written, at most."),
        Option(
            "resume", .flag,
            help:
                "Go on from the checkpoint of a run that was ended: with the same rules, settings and input, or not "
                + "at all."),
    ]

    /// Where and from what; nil where nothing is kept.
    let checkpoints: Checkpoints?
    private let directory: String?

    /// Reads the options; `out` is the directory of the report, where there is one.
    ///
    /// - Throws: `Failure` where there is nothing to go on from, or something that has not been gone on from.
    init(_ invocation: Invocation, out: String?) throws(Failure) {
        directory = invocation.value("checkpoint") ?? out
        let resumes = invocation.has("resume")
        guard let directory else {
            for name in ["resume", "checkpoint-every"] where invocation.has(name) {
                throw Failure(
                    .usage, "--\(name) goes with a directory: --checkpoint, or one as --out")
            }
            checkpoints = nil
            return
        }
        if invocation.has("checkpoint"), Files.isDirectory(directory) != true {
            throw Failure(.usage, "--checkpoint \(directory): there is no such directory")
        }
        let isThere = Checkpoints.isThere(in: directory)
        if isThere, !resumes {
            throw Failure(
                .usage,
                "\(directory)/\(Checkpoints.name) is of a run that did not end: go on with --resume, or remove it"
            )
        }
        if resumes, !isThere {
            Console.error("there is no checkpoint in \(directory): the run begins\n")
        }
        let text = invocation.value("checkpoint-every") ?? "30s"
        guard let everyMs = durationMs(text), everyMs >= 0 else {
            throw Failure(.usage, "--checkpoint-every '\(text)' is no span of time, as 30s or 5m")
        }
        do throws(CheckpointError) {
            checkpoints = try Checkpoints(in: directory, everyMs: everyMs, resumes: isThere) {
                Console.error("warning: \($0)\n")
            }
        } catch {
            throw Failure(.usage, error.description)
        }
    }

    /// Begins to keep checkpoints of a run over `input`.
    ///
    /// - Throws: `Failure` with what differs from the run that is gone on with.
    func begin(_ pass: BacktestPass, _ input: BacktestInput) throws(Failure) {
        let (invocation, settings, rules) = (pass.invocation, pass.settings, pass.rules)
        guard let checkpoints else { return }
        var identity = [("version", Release.version)] + input.identity
        for rule in rules.rules {
            identity.append(
                ("rule \(rule.info.id)", "version \(rule.info.version), \(hex(rule.digest))"))
        }
        if rules.hasCampaigns {
            let feeds = rules.feeds.sorted { $0.key < $1.key }
            identity += [
                ("campaign rules", hex(rules.campaigns.digest)),
                ("what rules feed campaigns", hex(xxh3("\(feeds)"))),
                ("campaigns", "\(settings.campaigns)"),
            ]
        }
        identity += [
            ("window", "\(settings.window)"), ("input", "\(settings.input)"),
            ("partials.partitions", "\(settings.partials.partitions)"),
            ("group", settings.group), ("gateways", "\(settings.gateways)"),
            ("derive", "\(settings.derive)"), ("state.sample_size", "\(settings.state.sampleSize)"),
            ("state.memory_budget", "\(Setup.memoryBudget(settings))"),
            ("findings judged", pass.isJudging ? "yes" : "no"),
        ]
        for name in ["labels", "compare", "sweep", "warmup"] where invocation.has(name) {
            identity.append(("--\(name)", invocation.values(name).joined(separator: " ")))
        }
        if let digest = pass.verdicts.digest { identity.append(("the verdicts", hex(digest))) }
        if let labels = invocation.value("labels") {
            let bytes = try Files.bytes(of: labels)
            identity.append(("the labels", hex(bytes.withUnsafeBytes { xxh3($0) })))
        }
        let differences = checkpoints.differences(to: identity)
        guard differences.isEmpty else {
            throw Failure(
                .usage,
                text: "error: the checkpoint in \(directory ?? "") is of another run:\n"
                    + differences.map { "  \($0)\n" }.joined())
        }
        checkpoints.begin(identity: identity, note: input.note)
        if checkpoints.saved != nil { try removeUnfinished() }
    }

    /// Removes the findings that the run which was ended had begun to write.
    private func removeUnfinished() throws(Failure) {
        guard let directory else { return }
        for name in try Files.names(in: directory)
        where name.hasPrefix("findings.ndjson.") && name.hasSuffix(".partial") {
            unlink("\(directory)/\(name)")
        }
    }

    private func hex(_ digest: UInt64) -> String { String(digest, radix: 16) }
}
