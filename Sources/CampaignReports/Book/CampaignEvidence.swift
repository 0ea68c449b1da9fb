import Detection
import YAML

/// What a finding about a campaign shows.
public struct CampaignEvidence: Equatable, Sendable {
    /// An open lead that the finding names: a rule that held for a fingerprint.
    public struct Lead: Equatable, Sendable {
        /// The rule's id.
        public let rule: String
        /// The fingerprint's kind.
        public let kind: String
        /// The fingerprint's value.
        public let value: String
        /// The accounts that were seen with it.
        public let accounts: Int

        /// The lead as a finding spells it: `rule kind:value (n accounts)`; nil for another text.
        init?(_ text: String) {
            let suffix = " accounts)"
            guard text.hasSuffix(suffix), let space = text.firstIndex(of: " "),
                let open = text.ranges(of: " (").last, open.lowerBound > space,
                let accounts = Int(text[open.upperBound...].dropLast(suffix.count))
            else { return nil }
            let fingerprint = text[text.index(after: space)..<open.lowerBound]
            guard let colon = fingerprint.firstIndex(of: ":") else { return nil }
            rule = String(text[..<space])
            kind = String(fingerprint[..<colon])
            value = String(fingerprint[fingerprint.index(after: colon)...])
            self.accounts = accounts
        }

        /// The fingerprint as findings name it.
        public var fingerprint: String { "\(kind):\(value)" }
    }

    /// Its members.
    public var accounts = 0
    /// Members that were younger than 14 days when they were first seen in it.
    public var newAccounts = 0
    /// Fingerprints that belong to it.
    public var fingerprints = 0
    /// Requests of its members, as far as evidence tells of them.
    public var requests = 0
    /// Their output tokens.
    public var tokens = 0
    /// The strongest lead of each group, summed across groups.
    public var score = 0
    /// The groups of evidence with an open lead.
    public var groups: [EvidenceGroup] = []
    /// Fingerprints of each kind.
    public var kinds: [(kind: String, count: Int)] = []
    /// The largest share of requests that elicit reasoning; nil where nothing is known of it.
    public var elicitation: Double?
    /// The strongest open leads, of each rule and kind one first; twenty at most.
    public var leads: [Lead] = []
    /// How many accounts stand for one edge where a limit made a sample of them.
    public var accountsPerEdge: Int?
    /// Whether a limit left weak ties out.
    public var leavesTiesOut = false
    /// The members with most requests; ten at most.
    public var busiest: [(account: String, requests: Int)] = []

    /// The evidence in a finding's object of it; what is not there stays zero.
    init(_ node: Node?) {
        for pair in node?.pairs ?? [] {
            let number = pair.value.scalar.flatMap { Double($0.text) }
            let count = number.flatMap { Int(exactly: $0.rounded()) } ?? 0
            switch pair.name {
            case "accounts": accounts = count
            case "new_accounts": newAccounts = count
            case "fingerprints": fingerprints = count
            case "requests": requests = count
            case "tokens": tokens = count
            case "score": score = count
            case "elicitation": elicitation = number
            case "accounts_per_edge": accountsPerEdge = count
            case "ties_left_out": leavesTiesOut = count > 0
            case "group_names":
                groups = Self.texts(pair.value).compactMap(EvidenceGroup.init(rawValue:))
            case "leads": leads = Self.texts(pair.value).compactMap(Lead.init)
            default: add(pair, count)
            }
        }
    }

    private mutating func add(_ pair: Node.Pair, _ count: Int) {
        if pair.name.hasPrefix("fingerprints("), pair.name.hasSuffix(")") {
            kinds.append((String(pair.name.dropFirst(13).dropLast()), count))
        } else if pair.name.hasPrefix("top(account") {
            busiest = Self.top(pair.value)
        }
    }

    private static func texts(_ node: Node) -> [String] {
        (node.items ?? []).compactMap { $0.scalar?.text }
    }

    /// The values of a `top(...)` with their requests.
    static func top(_ node: Node) -> [(account: String, requests: Int)] {
        (node.items ?? []).compactMap { item in
            guard let account = item["value"]?.scalar?.text else { return nil }
            return (account, item["requests"]?.scalar.flatMap { Int($0.text) } ?? 0)
        }
    }

    /// Equal in all parts.
    public static func == (a: CampaignEvidence, b: CampaignEvidence) -> Bool {
        a.accounts == b.accounts && a.newAccounts == b.newAccounts
            && a.fingerprints == b.fingerprints && a.requests == b.requests
            && a.tokens == b.tokens && a.score == b.score && a.groups == b.groups
            && a.kinds.elementsEqual(b.kinds, by: { $0 == $1 }) && a.elicitation == b.elicitation
            && a.leads == b.leads && a.accountsPerEdge == b.accountsPerEdge
            && a.leavesTiesOut == b.leavesTiesOut
            && a.busiest.elementsEqual(b.busiest, by: { $0 == $1 })
    }
}
