import CampaignReports
import Configuration
import Detection

/// What the commands on campaigns read: findings, and members where a command needs them.
struct CampaignSource {
    /// The options that say where.
    static let options =
        [
            Option(
                "findings", .text("file|topic"), default: "the topic of findings",
                help: "Where findings are read: what 'run' or 'backtest' wrote, in either format."),
            Option(
                "members", .text("file|topic"), default: "the topic of members",
                help: "Where members are read: a topic, or what 'backtest --members' wrote."),
        ] + Option.connection + Option.settings + Option.logging

    /// A word on how these commands end, for their help.
    static let codes = """
        Ends with 3 where the uid is unknown or begins several, where there is no such topic, and for a file or topic \
        that holds something else; with 4 where a file or the brokers cannot be reached.
        """

    static let uid = Argument(
        "uid", help: "The campaign: its uid, or enough of its beginning to be the only one.")

    /// What findings say.
    private(set) var book = CampaignBook()
    /// Who belongs where; empty where it was not read.
    private(set) var members = MemberTable()
    /// The file or topic of findings.
    let findingsPlace: String

    /// Reads what the command asks for, to the ends there are now.
    init(_ invocation: Invocation, members needsMembers: Bool) throws {
        let settings = try Environment(invocation).settings
        let findings = EmittedRecords(
            invocation.value("findings") ?? settings.alerts.topic, option: "--findings", settings)
        findingsPlace = findings.place
        let rows = try needsMembers ? Self.rows(invocation, settings, beside: findings) : nil
        try Self.read(findings, into: &book)
        if let rows { try Self.read(rows, into: &members) }
    }

    /// Where members are: never those of a running application beside the findings of a file.
    private static func rows(
        _ invocation: Invocation, _ settings: Settings, beside findings: EmittedRecords
    ) throws -> EmittedRecords {
        if let place = invocation.value("members") {
            if place == "-", findings.place == "-" {
                throw Failure(.usage, "--findings and --members are both standard input")
            }
            return EmittedRecords(place, option: "--members", settings)
        }
        guard !findings.isFile else {
            throw Failure(
                .usage,
                "--members FILE is missing: the members that belong to \(findings.place), as 'backtest --members' "
                    + "writes them")
        }
        return EmittedRecords(settings.membersTopic, option: "--members", settings)
    }

    private static func read(_ records: EmittedRecords, into book: inout CampaignBook) throws {
        try records.forEach { record in
            // A record without a value is nobody's finding, and harmless.
            guard let value = record.value else { return true }
            guard book.add(line: value) else { throw EmittedFindings.foreign(record.place()) }
            return true
        }
    }

    private static func read(_ records: EmittedRecords, into table: inout MemberTable) throws {
        try records.forEach { record in
            if let value = record.value {
                guard table.add(row: value) else {
                    throw Failure(
                        .usage,
                        "\(record.place()): no member of a campaign, as 'run' and 'backtest' write them"
                    )
                }
            } else if let key = record.key {
                table.release(String(decoding: key, as: UTF8.self))
            }
            return true
        }
    }

    // MARK: Looking up

    /// The campaign that `text` begins the uid of.
    func campaign(_ text: String) throws(Failure) -> CampaignCase {
        let matches = book.matches(text)
        if matches.count > 1 {
            let names = matches.prefix(5).map(\.description).joined(separator: ", ")
            let more = matches.count > 5 ? " and \(matches.count - 5) more" : ""
            throw Failure(.usage, "'\(text)' begins several campaigns: \(names)\(more)")
        }
        guard let uid = matches.first, let found = book[uid] else { throw unknown(text) }
        return found
    }

    /// The campaign that `text` begins the uid of, or the one it has become part of, which standard error says.
    func survivor(_ text: String) throws(Failure) -> CampaignCase {
        let found = try campaign(text)
        let uid = book.survivor(of: found.uid)
        guard uid != found.uid else { return found }
        guard let survivor = book[uid] else {
            throw Failure(
                .usage,
                "campaign \(found.uid) became part of \(uid), of which \(findingsPlace) has no finding"
            )
        }
        Console.error("campaign \(found.uid) became part of \(uid)\n")
        return survivor
    }

    /// What is said where nothing is called `text`; `rest` follows.
    func unknown(_ text: String, _ rest: String = "") -> Failure {
        let what = "\(findingsPlace) has no campaign '\(text)'"
        let campaigns = book.count == 0 ? "none is about a campaign" : "\(book.count) campaigns"
        return Failure(.usage, "\(what): \(book.findings) findings, \(campaigns)\(rest)")
    }
}
