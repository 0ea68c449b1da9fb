import Detection
import Primitives
import Replay

/// One finding as people count them: from its creation over its updates to its close.
public struct Episode: Sendable, Equatable {
    /// The findings' uid.
    public var uid: FindingID
    /// The rule.
    public var rule: String
    /// The rule's version.
    public var version: Int
    /// How much it matters.
    public var severity: Severity
    /// `account`, or the fingerprint's kind.
    public var kind: String
    /// What it is on, as `kind:value`.
    public var entity: String
    /// When it was created: the first moment anybody could know.
    public var opened: EventTime
    /// When its condition last held, as far as the findings say.
    public var lastSeen: EventTime
    /// When it was closed; nil where it was open at the end.
    public var closed: EventTime?
    /// Updates.
    public var updates = 0
    /// The accounts its evidence names; of a campaign all its members, by when they were told of.
    public var accounts: [String] = []
    /// When each member of a campaign was told of; empty for what is about an account or a fingerprint.
    public var joined: [String: EventTime] = [:]

    /// Whether it is about a campaign.
    public var isCampaign: Bool { kind == "campaign" }

    /// The episode that `finding` creates.
    init(_ finding: Finding) {
        uid = finding.uid
        rule = finding.rule.id
        version = finding.rule.version
        severity = finding.rule.severity
        kind = finding.entityKind
        entity = finding.entity
        opened = finding.time
        lastSeen = finding.lastSeen
        add(finding)
    }

    /// Takes in what a later finding of the episode says.
    mutating func add(_ finding: Finding) {
        lastSeen = max(lastSeen, finding.lastSeen)
        switch finding.status {
        case .close: closed = finding.time
        // A campaign that comes back goes on under its name.
        case .create: closed = nil
        case .update: break
        }
        if finding.status == .update { updates += 1 }
        for case (let name, .top(let values)) in finding.evidence
        where name.hasPrefix("top(account") {
            for (value, _) in values {
                let account = String(decoding: value, as: UTF8.self)
                if !accounts.contains(account) { accounts.append(account) }
            }
        }
    }

    /// Takes over the members of a campaign.
    mutating func add(_ members: [[UInt8]: EventTime]) {
        for (account, time) in members {
            joined[String(decoding: account, as: UTF8.self)] = time
        }
        accounts = joined.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }

    /// The episodes of findings in canonical order, by the time they opened.
    ///
    /// - Parameter memberships: the members of the campaigns among them.
    public static func all(
        _ findings: [Finding], _ memberships: Memberships = Memberships()
    ) -> [Episode] {
        var episodes: [Episode] = []
        var index: [FindingID: Int] = [:]
        for finding in findings {
            if let known = index[finding.uid] {
                episodes[known].add(finding)
            } else {
                index[finding.uid] = episodes.count
                episodes.append(Episode(finding))
            }
        }
        for index in episodes.indices where episodes[index].isCampaign {
            episodes[index].add(memberships.joined[episodes[index].uid] ?? [:])
        }
        return episodes
    }
}
