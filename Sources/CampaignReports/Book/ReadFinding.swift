import Detection
import Primitives
import YAML

/// A finding about a campaign as it was written somewhere, in either format.
public struct CampaignStep: Equatable, Sendable {
    /// The campaign.
    public let uid: FindingID
    /// What it is.
    public let campaignClass: CampaignClass
    /// The step of its lifecycle.
    public let status: Finding.Status
    /// How much it matters.
    public let severity: Severity
    /// The id of the campaign rule that holds.
    public let rule: String
    /// What that rule looks for.
    public let description: String
    /// Whether the rule is on trial.
    public let isShadow: Bool
    /// When this was said.
    public let time: EventTime
    /// When the first of its edges was seen.
    public let firstSeen: EventTime
    /// When the last of its edges was seen.
    public let lastSeen: EventTime
    /// The campaign it is part of from now on; only on a close.
    public let redirectTo: FindingID?
    /// Why, or `returning`.
    public let reason: String?
    /// The campaign it was part of.
    public let splitFrom: FindingID?
    /// A campaign that closed before and that it follows.
    public let successorOf: FindingID?
    /// What it shows.
    public let evidence: CampaignEvidence
}

/// The last finding about a fingerprint that belongs to a campaign.
public struct LeadFinding: Equatable, Sendable {
    /// The episode.
    public let uid: FindingID
    /// The rule's id.
    public let rule: String
    /// The fingerprint, as `kind:value`.
    public let entity: String
    /// The campaign it belongs to.
    public let campaign: FindingID
    /// When this was said.
    public let time: EventTime
    /// When the episode began.
    public let firstSeen: EventTime
    /// The accounts it names.
    public let accounts: [String]
}

/// A finding as far as campaigns are concerned.
enum ReadFinding {
    case campaign(CampaignStep)
    case lead(LeadFinding)
    /// About something that belongs to no campaign.
    case other

    /// Reads one line of JSON; nil where it is no finding. About 100 µs where a campaign is named.
    init?(line: [UInt8]) {
        // Most findings name no campaign: those are told by a look at their bytes.
        if !line.holds("campaign"), line.holds(#""rule":""#), line.holds(#""entity":""#) {
            self = .other
            return
        }
        let documents = parseYAML(
            SourceText(name: "", bytes: line), diagnostics: Diagnostics())
        guard documents.count == 1, let root = documents.first else { return nil }
        let isOCSF = root["class_uid"] != nil
        guard let own = isOCSF ? root["unmapped"]?["stillwatch"] : root,
            let entity = own["entity"]?.scalar?.text, own["rule"] != nil
        else { return nil }
        let fields = Fields(root: root, own: own, isOCSF: isOCSF)
        if entity.hasPrefix("campaign:") {
            guard let step = fields.step(entity) else { return nil }
            self = .campaign(step)
        } else if own["campaign"] != nil {
            guard let lead = fields.lead(entity) else { return nil }
            self = .lead(lead)
        } else {
            self = .other
        }
    }
}

/// The fields of a finding in either format.
private struct Fields {
    let root: Node
    let own: Node
    let isOCSF: Bool

    private func moment(_ ocsf: String, _ flat: String) -> EventTime? {
        root[isOCSF ? ocsf : flat]?.scalar.flatMap { Int64($0.text) }.map { EventTime(ms: $0) }
    }

    private func id(_ name: String) -> FindingID? {
        own[name]?.scalar.flatMap { FindingID(hex: $0.text) }
    }

    private var evidence: Node? {
        isOCSF ? root["evidences"]?.items?.first?["data"]?["features"] : root["evidence"]
    }

    func step(_ entity: String) -> CampaignStep? {
        guard let uid = FindingID(hex: entity.dropFirst("campaign:".count)),
            let campaignClass = own["class"]?.scalar
                .flatMap({ CampaignClass(rawValue: $0.text) }),
            let status = own["status"]?.scalar.flatMap({ Finding.Status(rawValue: $0.text) }),
            let severity = root["severity"]?.scalar
                .flatMap({ Severity(rawValue: $0.text.lowercased()) }),
            let time = moment("time", "time"), let firstSeen = moment("start_time", "first_seen"),
            let lastSeen = moment("end_time", "last_seen")
        else { return nil }
        let description = isOCSF ? root["finding_info"]?["desc"] : root["description"]
        return CampaignStep(
            uid: uid, campaignClass: campaignClass, status: status, severity: severity,
            rule: own["rule"]?.scalar?.text ?? "", description: description?.scalar?.text ?? "",
            isShadow: own["shadow"]?.scalar?.text == "true", time: time, firstSeen: firstSeen,
            lastSeen: lastSeen, redirectTo: id("redirect_to"),
            reason: own["reason"]?.scalar?.text, splitFrom: id("split_from"),
            successorOf: id("successor_of"), evidence: CampaignEvidence(evidence))
    }

    func lead(_ entity: String) -> LeadFinding? {
        let uid = isOCSF ? root["finding_info"]?["uid"] : root["uid"]
        guard let uid = uid?.scalar.flatMap({ FindingID(hex: $0.text) }),
            let campaign = id("campaign"), let time = moment("time", "time"),
            let firstSeen = moment("start_time", "first_seen")
        else { return nil }
        let top = evidence?.pairs?.first { $0.name.hasPrefix("top(account") }
        return LeadFinding(
            uid: uid, rule: own["rule"]?.scalar?.text ?? "", entity: entity, campaign: campaign,
            time: time, firstSeen: firstSeen,
            accounts: top.map { CampaignEvidence.top($0.value).map(\.account) } ?? [])
    }
}

extension [UInt8] {
    /// Whether `text` stands somewhere in it.
    fileprivate func holds(_ text: StaticString) -> Bool {
        withUnsafeBytes { bytes in
            guard bytes.count >= text.utf8CodeUnitCount else { return false }
            return text.withUTF8Buffer { wanted in
                for start in 0...(bytes.count - wanted.count) where bytes[start] == wanted[0] {
                    if wanted.indices.allSatisfy({ bytes[start + $0] == wanted[$0] }) {
                        return true
                    }
                }
                return false
            }
        }
    }
}
