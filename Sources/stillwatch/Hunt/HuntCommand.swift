import Assessment
import Configuration
import Events
import Primitives
import Topology

/// `hunt`: from one finding to all who have part in it, in history.
enum HuntCommand {
    static let command = Command(
        "hunt", summary: "Find every account that touched a fingerprint, in history.",
        discussion: """
            Reads events as backtest does, of files, captures or a topic, and lists the accounts whose requests carry one of the fingerprints: \
            first and last request, requests, tokens, and what else they share with each other. Counted are \
            the requests that carry a fingerprint asked for. --requests lists these requests instead.
            --finding takes what a finding is on: of the topic of findings, or of --findings.
            --topic reads a topic outside of any group, committing nothing, one partition after the other, up to \
            the ends seen at the start; --from and --to bound what is read of it, with --padding on both sides.
            A table on a terminal, JSON Lines elsewhere; a summary goes to standard error.
            """,
        arguments: [
            Argument(
                "file", isRequired: false, isRepeatable: true,
                help:
                    "Files of events or captures, read as backtest reads them; - is standard input."
            )
        ],
        options: [
            Option(
                "fingerprint", .text("kind:value,..."), isRepeatable: true,
                help: "What to look for, as payment:p_17; account:name looks for an account."),
            Option("finding", .text("uid"), help: "Look for what the finding with this uid is on."),
            Option(
                "findings", .text("file|topic"), default: "the topic of findings",
                help: "Where --finding is looked up."),
            Option("requests", .flag, help: "List the requests rather than the accounts."),
            Option(
                "output", .choice(HuntPrinter.Shape.allCases.map(\.rawValue)),
                default: "table on a terminal, else ndjson", help: "How the list looks."),
            .rules,
            Option("no-progress", .flag, help: "Draw no progress bar on a terminal."),
        ] + TopicOptions.options(forWindows: false) + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let topic = try TopicOptions(invocation, settings)
        let range = (topic.from?.time ?? .distantPast)..<(topic.to?.time ?? EventTime(ms: .max))
        let targets = try targets(invocation, settings)
        let pipeline = try Setup.pipeline(settings)
        let tracked = UsualNames.tracked(pipeline, first: targets.kinds)
        guard targets.kinds.allSatisfy(tracked.kinds.contains) else {
            throw Failure(.usage, "--fingerprint: over 64 kinds are asked for")
        }
        let hunter = Hunter(
            targets, kinds: tracked.kinds, range: range, gateways: settings.gateways,
            derivesSubnets: pipeline.derivesSubnets)
        var printer = HuntPrinter(
            invocation, to: try writing { () throws(OutputError) in try Output(path: nil) })
        try printer.begin()
        var decoder = try DecodeCommand.makeDecoder(pipeline, tracked)
        let input = try BacktestInput(
            invocation, settings, pipeline, topic, warmUpMs: 0, saved: nil)
        var reading = HuntReading(input.sources, isShown: !invocation.has("no-progress"))
        try reading.run(&decoder) { event in
            if let touch = hunter.observe(event) { try printer.write(touch) }
        }
        if reading.records == 0, let text = input.emptiness { throw Failure(.usage, text) }
        try printer.finish(hunter)
        Console.error(reading.text + input.summary)
        return .ok
    }

    /// What is looked for.
    private static func targets(
        _ invocation: Invocation, _ settings: Settings
    ) throws -> HuntTargets {
        var targets = HuntTargets()
        for list in invocation.values("fingerprint") {
            // A part without a colon belongs to the value in front of it.
            var entities: [String] = []
            for part in list.split(separator: ",", omittingEmptySubsequences: false) {
                if part.contains(":") || entities.isEmpty {
                    entities.append(String(part))
                } else {
                    entities[entities.count - 1] += ",\(part)"
                }
            }
            for entity in entities where !targets.add(entity) {
                throw Failure(
                    .usage, "--fingerprint '\(entity)' is no kind:value, as payment:p_17")
            }
        }
        if let uid = invocation.value("finding") {
            _ = targets.add(try entity(of: uid, invocation, settings))
        } else if invocation.has("findings") {
            throw Failure(.usage, "--findings goes with --finding")
        }
        guard !targets.names.isEmpty else {
            throw Failure(.usage, "nothing to look for: --fingerprint kind:value, or --finding uid")
        }
        return targets
    }

    /// What a finding is on.
    private static func entity(
        of uid: String, _ invocation: Invocation, _ settings: Settings
    ) throws -> String {
        let place = invocation.value("findings") ?? settings.alerts.topic
        // The uid of a record is that of its episode with a number.
        let episode = String(uid.prefix { $0 != "-" })
        var found: String?
        try EmittedFindings(place, option: "--findings", settings).forEach { finding in
            if finding.uid == episode { found = finding.entity }
            return found == nil
        }
        guard let found else {
            throw Failure(.usage, "--finding \(uid): \(place) has no such finding")
        }
        return found
    }
}
