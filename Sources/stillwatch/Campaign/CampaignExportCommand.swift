import CampaignReports
import Configuration
import Primitives

/// `campaign export`: a campaign for other systems.
enum CampaignExportCommand {
    private enum Format: String, CaseIterable {
        case stix, csv, markdown
    }

    static let command = Command(
        "campaign export",
        summary: "Write a campaign for other systems: STIX 2.1, CSV or Markdown.",
        discussion: """
            stix: a bundle with the campaign, an indicator for each fingerprint that its leads name, the accounts as \
            observed data, and the techniques of MITRE ATLAS. The same campaign gives the same bytes. Accounts, and \
            fingerprints of one person, stand in it as hashes under a key alone: of --key-file, or of the variable \
            STILLWATCH_EXPORT_KEY, at least 16 bytes. csv and markdown, for people who may see accounts, use the key \
            where one is given.
            A campaign that became part of another is followed there.
            \(CampaignSource.codes)
            """,
        arguments: [CampaignSource.uid],
        options: [
            Option(
                "format", .choice(Format.allCases.map(\.rawValue)), default: "stix",
                help: "What to write."),
            Option("out", .text("file"), default: "standard output", help: "Where to write it."),
            Option(
                "key-file", .text("file"), default: "STILLWATCH_EXPORT_KEY",
                help: "The file with the secret under which accounts are named."),
            Option(
                "tlp", .choice(TLP.allCases.map(\.rawValue)), default: TLP.amber.rawValue,
                help: "How far a STIX bundle may be passed on (TLP 2.0)."),
        ] + CampaignSource.options, run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let format = invocation.value("format").flatMap { Format(rawValue: $0) } ?? .stix
        if invocation.has("tlp"), format != .stix {
            throw Failure(.usage, "--tlp goes with --format stix")
        }
        let key = try key(invocation)
        let source = try CampaignSource(invocation, members: true)
        let found = try source.survivor(invocation.arguments[0])
        let members = source.members.members(of: found.uid, in: source.book)
        let path = invocation.value("out")
        switch format {
        case .stix:
            guard let key else {
                throw Failure(
                    .usage,
                    "accounts are exported as hashes under a key: put a secret of at least \(ExportKey.leastBytes) "
                        + "bytes into a file for --key-file, or into STILLWATCH_EXPORT_KEY")
            }
            let tlp = invocation.value("tlp").flatMap { TLP(rawValue: $0) } ?? .amber
            let bundle = StixBundle(found, members: members, key: key, tlp: tlp)
            try CampaignPrinting.printLines([bundle], to: path) { $0.write(to: &$1) }
        case .csv:
            let rows = CampaignRows.rows(found, members: members, key: key)
            let text = ([CampaignRows.columns] + rows).map(CSV.line).joined()
            try CampaignPrinting.print(text, to: path)
        case .markdown:
            let page = CampaignMarkdown(found, in: source.book, members: members, key: key)
            try CampaignPrinting.print(page.text, to: path)
        }
        return .ok
    }

    /// The secret; nil where none is given.
    private static func key(_ invocation: Invocation) throws(Failure) -> ExportKey? {
        let variable = "STILLWATCH_EXPORT_KEY"
        let place: String
        let bytes: [UInt8]
        if let path = invocation.value("key-file") {
            place = "--key-file \(path)"
            bytes = try Files.bytes(of: path)
        } else if let text = Environment.variables[variable], !text.isEmpty {
            place = variable
            bytes = Array(text.utf8)
        } else {
            return nil
        }
        guard let key = ExportKey(bytes) else {
            throw Failure(
                .usage,
                "\(place): a key has at least \(ExportKey.leastBytes) bytes without the space around it"
            )
        }
        return key
    }
}
