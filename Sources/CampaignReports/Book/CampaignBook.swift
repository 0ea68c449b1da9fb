import Detection
import Primitives

/// A campaign as its findings tell of it.
public struct CampaignCase: Sendable {
    /// One step of its history, for people.
    public struct Entry: Equatable, Sendable {
        /// When it was said.
        public let time: EventTime
        /// The step.
        public let status: Finding.Status
        /// What it was then.
        public let campaignClass: CampaignClass
        /// How much it mattered.
        public let severity: Severity
        /// Its members then.
        public let accounts: Int
        /// Its requests then.
        public let requests: Int
        /// Its score then.
        public let score: Int
    }

    /// What was said last.
    public private(set) var last: CampaignStep
    /// What it showed while it was open, last: leads have closed when a campaign does.
    public private(set) var evidence: CampaignEvidence
    /// All that was said, by time.
    public private(set) var history: [Entry] = []
    /// The campaign it was part of; said once.
    public private(set) var splitFrom: FindingID?
    /// A campaign that closed before and that it follows.
    public private(set) var successorOf: FindingID?

    init(_ step: CampaignStep) {
        last = step
        evidence = step.evidence
        add(step)
    }

    mutating func add(_ step: CampaignStep) {
        // Delivered at least once, a finding may stand twice.
        if history.contains(where: { $0.time == step.time && $0.status == step.status }) { return }
        history.append(
            Entry(
                time: step.time, status: step.status, campaignClass: step.campaignClass,
                severity: step.severity, accounts: step.evidence.accounts,
                requests: step.evidence.requests, score: step.evidence.score))
        if step.time >= last.time {
            if step.status != .close { evidence = step.evidence }
            last = step
        }
        splitFrom = splitFrom ?? step.splitFrom
        successorOf = successorOf ?? step.successorOf
    }

    /// Its uid.
    public var uid: FindingID { last.uid }
    /// Whether it goes on.
    public var isOpen: Bool { last.status != .close }
    /// `open`, `closed`, or `merged` where it is part of another.
    public var state: String {
        isOpen ? "open" : last.redirectTo == nil ? "closed" : "merged"
    }
    /// What would have to be true if nothing were wrong with it.
    public var ifBenign: [String] { last.campaignClass.ifBenign(evidence.groups) }
}

/// Campaigns by what findings say of them: read from a topic or a file, in any order of campaigns.
public struct CampaignBook: Sendable {
    /// Findings read, of any kind.
    public private(set) var findings = 0
    private var cases: [FindingID: CampaignCase] = [:]
    private var leads: [FindingID: LeadFinding] = [:]

    /// Nothing.
    public init() {}

    /// Takes in a line of JSON; false where it is no finding.
    public mutating func add(line: [UInt8]) -> Bool {
        guard let finding = ReadFinding(line: line) else { return false }
        findings += 1
        switch finding {
        case .campaign(let step): cases[step.uid, default: CampaignCase(step)].add(step)
        case .lead(let lead):
            if (leads[lead.uid]?.time.ms ?? .min) <= lead.time.ms { leads[lead.uid] = lead }
        case .other: break
        }
        return true
    }

    /// The campaign of a uid.
    public subscript(uid: FindingID) -> CampaignCase? { cases[uid] }

    /// How many campaigns there are.
    public var count: Int { cases.count }

    /// All campaigns: open ones first, then the most severe, then those with most accounts.
    public var sorted: [CampaignCase] {
        cases.values.sorted { a, b in
            if a.isOpen != b.isOpen { return a.isOpen }
            if a.last.severity != b.last.severity { return a.last.severity > b.last.severity }
            if a.evidence.accounts != b.evidence.accounts {
                return a.evidence.accounts > b.evidence.accounts
            }
            return a.uid < b.uid
        }
    }

    /// The campaigns whose uid begins with `text`; `campaign:` in front is passed over.
    public func matches(_ text: String) -> [FindingID] {
        let prefix = (text.hasPrefix("campaign:") ? String(text.dropFirst(9)) : text).lowercased()
        guard !prefix.isEmpty else { return [] }
        return cases.keys.filter { $0.description.hasPrefix(prefix) }.sorted()
    }

    /// The campaign that `uid` is part of now, through all redirects; itself where there is none.
    public func survivor(of uid: FindingID) -> FindingID {
        var uid = uid
        var passed: Set<FindingID> = [uid]
        while let found = cases[uid], !found.isOpen, let next = found.last.redirectTo,
            passed.insert(next).inserted
        {
            uid = next
        }
        return uid
    }

    /// The campaigns that have become part of `uid`, by uid.
    public func merged(into uid: FindingID) -> [FindingID] {
        cases.keys.filter { $0 != uid && survivor(of: $0) == uid }.sorted()
    }

    /// What the findings about fingerprints of the campaign name, by rule and fingerprint.
    public func leads(of uid: FindingID) -> [LeadFinding] {
        leads.values.filter { survivor(of: $0.campaign) == uid }
            .sorted { ($0.rule, $0.entity, $0.uid) < ($1.rule, $1.entity, $1.uid) }
    }
}
