import Broker
import CampaignReports
import Configuration
import Detection
import Execution
import Kafka
import Primitives
import YAML

/// `verdict`: says what people decided, on the topic that the engine reads it from.
enum VerdictCommand {
    static let command = Command(
        "verdict", summary: "Say what was decided about an account, a fingerprint or a campaign.",
        discussion: """
            Writes records to the verdicts topic. A subject is named as findings name their entity: account:a17, \
            payment:card_9, campaign:UID. A campaign stands for the accounts that are its members now and, where \
            it is confirmed or benign, for the fingerprints that its findings name, but for those of kinds that \
            everybody shares with somebody, such as addresses. --dry-run writes the records to standard output \
            instead: 'backtest --verdicts' reads them.
            confirmed: it takes part in abuse; reputation() and confirmed() say so in rules. benign: it looks like \
            abuse and is none; its findings end, and campaigns do without it. banned, limited, restored: what \
            was done about an account; campaigns say who took its place.
            """,
        arguments: [
            Argument(
                "subject", help: "What it is about: account:NAME, KIND:VALUE or campaign:UID."),
            Argument("verdict", help: VerdictWord.allCases.map(\.rawValue).joined(separator: ", ")),
        ],
        options: [
            Option(
                "until", .text("time|span"), default: "90d for benign, else 180d",
                help: "When it ceases to hold: a time, or how long from its time on."),
            Option("by", .text("name"), help: "Who decided."),
            Option("reason", .text("text"), help: "Why."),
            Option(
                "time", .text("time"), default: "now",
                help: "When it was decided; it has no effect on events before."),
            Option("dry-run", .flag, help: "Write to standard output, and to no topic."),
        ] + CampaignSource.options,
        run: run)

    private static let flushMs: Int32 = 60_000

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let verdict = try verdict(invocation)
        let records = try records(verdict, invocation, settings)
        if invocation.has("dry-run") {
            try CampaignPrinting.printLines(records) { $0.write(to: &$1) }
            return .ok
        }
        try produce(records, settings)
        Console.error(
            "\(count(records.count, "verdict")) written to \(settings.verdictsTopic)\n")
        return .ok
    }

    /// The verdict that the command line says; its subject is the first argument where that is no campaign.
    private static func verdict(_ invocation: Invocation) throws(Failure) -> VerdictRecord {
        let (entity, text) = (invocation.arguments[0], invocation.arguments[1])
        guard let word = VerdictWord(rawValue: text) else {
            throw Failure(.usage, "'\(text)' is no verdict: \(VerdictFlaw.badVerdict.advice)")
        }
        let isCampaign = entity.hasPrefix("campaign:")
        let named = isCampaign ? Subject(kind: "campaign", value: []) : Subject(entity: entity)
        guard let subject = named else {
            throw Failure(.usage, "'\(entity)' names nothing: \(VerdictFlaw.missingSubject.advice)")
        }
        guard word.isJudgement || subject.isAccount || isCampaign else {
            throw Failure(.usage, "\(entity) cannot be \(text): \(VerdictFlaw.notAnAccount.advice)")
        }
        var time = EventTime(ms: MachineClock.wallMs())
        if let text = invocation.value("time") {
            guard let given = TimeText.time(text) else {
                throw Failure(.usage, "--time '\(text)' is no time: \(TimeText.forms)")
            }
            time = given
        }
        let until = try invocation.value("until").map { text throws(Failure) in
            if let ms = durationMs(text) { return time.advanced(byMs: ms) }
            guard let end = TimeText.time(text) else {
                throw Failure(
                    .usage, "--until '\(text)' is no time and no span: \(TimeText.forms), or 30d")
            }
            return end
        }
        let record = VerdictRecord(
            time: time, subject: subject, word: word, until: until, by: invocation.value("by"),
            reason: invocation.value("reason"))
        guard record.until > record.time else {
            throw Failure(
                .usage,
                "--until lies at or before \(Timestamp.rfc3339(ms: record.time.ms)), the verdict's time: it "
                    + "would never hold")
        }
        return record
    }

    private static func records(
        _ verdict: VerdictRecord, _ invocation: Invocation, _ settings: Settings
    ) throws -> [VerdictRecord] {
        guard verdict.subject.kind == "campaign" else { return [verdict] }
        let source = try CampaignSource(invocation, members: true)
        let found = try source.survivor(invocation.arguments[0])
        let roles = Setup.roles(settings)
        let expanded = CampaignVerdicts(
            verdict, found, members: source.members.members(of: found.uid, in: source.book),
            leads: source.book.leads(of: found.uid),
            isContext: { roles[$0] ?? .context == .context })
        if !expanded.leftOut.isEmpty {
            Console.error(
                "left out, since strangers share them: \(expanded.leftOut.joined(separator: ", "))\n"
            )
        }
        if expanded.records.isEmpty {
            throw Failure(
                .usage,
                "campaign \(found.uid) is \(found.state), and has neither members nor fingerprints to be "
                    + "\(verdict.word.rawValue)")
        }
        return expanded.records
    }

    private static func produce(_ records: [VerdictRecord], _ settings: Settings) throws {
        let topic = settings.verdictsTopic
        guard !topic.isEmpty else {
            throw Failure(.usage, "verdicts.topic is set to nothing: there is nowhere to write to")
        }
        let properties = try Setup.properties(settings)
        try Failure.kafka { () throws(BrokerError) in
            guard let partitions = try Admin(properties: properties).partitionCount(of: topic)
            else {
                throw BrokerError(
                    .configuration, action: "write verdicts", text: "there is no topic '\(topic)'",
                    advice: "'stillwatch topics create' creates it")
            }
            guard partitions == 1 else {
                throw BrokerError(
                    .configuration, action: "write verdicts",
                    text: "'\(topic)' has \(partitions) partitions, and verdicts need an order",
                    advice: "name a topic of one partition in verdicts.topic")
            }
            let producer = try Producer(properties: properties, topics: [topic])
            var writer = JSONWriter(capacity: 512)
            for record in records {
                writer.removeAll()
                record.write(to: &writer)
                try producer.produce(topic: 0, partition: 0, key: nil, value: writer.buffer.bytes)
            }
            try producer.flush(timeoutMs: flushMs)
        }
    }
}
