import Detection
import Primitives

/// A record of the members' topic: an account's row, or its release.
struct MemberRecord: Equatable {
    var account: [UInt8]
    /// The row; nil where the account is released.
    var row: [UInt8]?

    init(_ key: ByteSlice?, _ value: ByteSlice?) {
        account = key.map { Array($0) } ?? []
        row = value.map { Array($0) }
    }

    /// The record in words.
    var text: String {
        "\(String(decoding: account, as: UTF8.self)): "
            + (row.map { String(decoding: $0, as: UTF8.self) } ?? "released")
    }
}

/// What runs say of campaigns, to see that seeds make them do all they can.
struct CampaignNumbers: Sendable {
    var campaigns = 0
    var findings = 0
    var merges = 0
    var splits = 0
    var returns = 0
    var successors = 0
    var rows = 0

    /// Counts a finding, if it is about a campaign.
    mutating func add(_ finding: Finding) {
        guard let facts = finding.campaign else { return }
        findings += 1
        if facts.redirectTo != nil { merges += 1 }
        guard finding.status == .create else { return }
        campaigns += 1
        if facts.splitFrom != nil { splits += 1 }
        if facts.reason == "returning" { returns += 1 }
        if facts.successorOf != nil { successors += 1 }
    }

    mutating func add(_ other: CampaignNumbers) {
        campaigns += other.campaigns
        findings += other.findings
        merges += other.merges
        splits += other.splits
        returns += other.returns
        successors += other.successors
        rows += other.rows
    }

    /// The numbers in a line; nothing where there are none.
    var line: String {
        guard findings > 0 else { return "" }
        return
            "\(campaigns) campaigns in \(findings) findings (\(merges) merges, \(splits) splits, "
            + "\(returns) returns, \(successors) successors) and \(rows) rows of members; "
    }
}
