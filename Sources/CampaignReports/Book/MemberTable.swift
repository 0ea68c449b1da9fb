import Detection
import Primitives
import YAML

/// An account that belongs to a campaign, as a row of the members topic says.
public struct CampaignMember: Equatable, Sendable {
    /// The account.
    public let account: String
    /// The campaign.
    public let campaign: FindingID
    /// What that is.
    public let campaignClass: CampaignClass
    /// When the account was first seen with a fingerprint of the campaign.
    public let since: EventTime
    /// How sure it is that it belongs there, 0 to 1.
    public let confidence: Double
    /// Fingerprints of the campaign that it was seen with.
    public let ties: Int
    /// When the campaign closed; nil while it is open.
    public let closed: EventTime?

    /// The member in a row; nil where it is none. About 20 µs.
    init?(row: [UInt8]) {
        let documents = parseYAML(SourceText(name: "", bytes: row), diagnostics: Diagnostics())
        guard documents.count == 1, let root = documents.first,
            let account = root["account"]?.scalar?.text,
            let campaign = root["campaign"]?.scalar.flatMap({ FindingID(hex: $0.text) }),
            let campaignClass = root["class"]?.scalar
                .flatMap({ CampaignClass(rawValue: $0.text) }),
            let since = root["since"]?.scalar.flatMap({ Int64($0.text) }),
            let confidence = root["confidence"]?.scalar.flatMap({ Double($0.text) }),
            let ties = root["ties"]?.scalar.flatMap({ Int($0.text) })
        else { return nil }
        self.account = account
        self.campaign = campaign
        self.campaignClass = campaignClass
        self.since = EventTime(ms: since)
        self.confidence = confidence
        self.ties = ties
        closed = root["closed"]?.scalar.flatMap { Int64($0.text) }.map { EventTime(ms: $0) }
    }

    /// Writes the row as the members topic has it.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("account", account)
        writer.member("campaign", campaign.description)
        writer.member("class", campaignClass.rawValue)
        writer.member("since", since.ms)
        writer.member("confidence", confidence)
        writer.member("ties", ties)
        if let closed { writer.member("closed", closed.ms) }
        writer.endObject()
    }
}

/// The members of campaigns: the last row of each account.
public struct MemberTable: Sendable {
    private var rows: [String: CampaignMember] = [:]

    /// Nobody.
    public init() {}

    /// Takes in a row; false where it is none.
    public mutating func add(row: [UInt8]) -> Bool {
        guard let member = CampaignMember(row: row) else { return false }
        rows[member.account] = member
        return true
    }

    /// Forgets an account: a record without a value releases it.
    public mutating func release(_ account: String) { rows[account] = nil }

    /// How many there are.
    public var count: Int { rows.count }

    /// The row of an account.
    public subscript(account: String) -> CampaignMember? { rows[account] }

    /// The members of a campaign and of those that have become part of it, by account.
    public func members(of uid: FindingID, in book: CampaignBook) -> [CampaignMember] {
        rows.values.filter { book.survivor(of: $0.campaign) == uid }
            .sorted { $0.account < $1.account }
    }
}
