import CampaignOracle
import Campaigns
import Detection
import Primitives
import Topology
import YAML

/// A made-up log of evidence: what ENTITY tasks tell, by source and tick.
struct World {
    static let feeds: [String: CampaignFeed] = [
        "farm.frame": CampaignFeed(group: .content, weight: 4),
        "farm.card": CampaignFeed(group: .identity, weight: 3),
        "seen.card": CampaignFeed(group: .identity, weight: 1),
        "seen.device": CampaignFeed(group: .client, weight: 1),
        "seen.address": CampaignFeed(group: .network, weight: 1),
    ]

    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    /// The world begins here.
    static let start: Int64 = 1_767_225_600_000

    let sources: Int
    /// Accounts each source says it keeps.
    var population = 0
    private(set) var told: [ToldEvidence] = []
    /// The tick being told of.
    private(set) var now = start / minute

    init(sources: Int = 1, population: Int = 0) {
        self.sources = sources
        self.population = population
    }

    /// The end of the tick being told of.
    var time: EventTime { EventTime(ms: now * Self.minute) }

    /// Lets time pass.
    mutating func pass(_ ms: Int64) { now += ms / Self.minute }

    static func key(_ kind: String, _ value: String) -> UInt64 {
        xxh3(value, seed: Kind(kind).seed)
    }

    private mutating func tell(_ item: EvidenceItem, of key: UInt64) {
        let source = Int(key % UInt64(sources))
        if let i = told.lastIndex(where: { $0.source == source && $0.tick == now }) {
            told[i].items.append(item)
        } else {
            told.append(ToldEvidence(source: source, tick: now, items: [item]))
        }
    }

    /// Tells of a step of a lead.
    mutating func lead(
        _ rule: String, _ kind: String, _ value: String, _ status: Finding.Status = .create,
        evidence: [(name: String, value: EvidenceValue)] = []
    ) {
        let key = Self.key(kind, value)
        let lead = Lead(
            fingerprint: key, rule: rule, status: status,
            subject: Subject(kind: kind, value: Array(value.utf8)), start: time, lastHeld: time,
            time: time, sequence: 0, accountsPerEdge: 1, evidence: evidence)
        tell(.lead(lead), of: key)
    }

    /// Tells of accounts seen with a fingerprint.
    mutating func edges(
        _ kind: String, _ value: String, _ accounts: some Sequence<String>, requests: Int64 = 10,
        createdDaysAgo: Int64? = nil, named: Bool = true
    ) {
        let key = Self.key(kind, value)
        for name in accounts {
            let edge = Edge(
                fingerprint: key, account: xxh3(name, seed: Kind.account.seed),
                name: named ? Array(name.utf8) : [], firstSeen: time.advanced(byMs: -Self.minute),
                lastSeen: time.advanced(byMs: -10_000),
                created: createdDaysAgo.map { time.advanced(byMs: -$0 * Self.day) },
                requests: requests, tokens: requests * 100)
            tell(.edge(edge), of: key)
        }
    }

    /// A lead with its accounts.
    mutating func lead(
        _ rule: String, _ kind: String, _ value: String, of accounts: some Sequence<String>,
        requests: Int64 = 10, createdDaysAgo: Int64? = nil
    ) {
        lead(rule, kind, value)
        edges(kind, value, accounts, requests: requests, createdDaysAgo: createdDaysAgo)
    }

    /// The blocks of each source in order: those with something in them, and one at the end of each hour.
    func blocks(until end: Int64, hasEnded: Bool = true) -> [[[UInt8]]] {
        (0..<sources).map { source in
            var ticks: [Int64: [EvidenceItem]] = [:]
            for part in told where part.source == source {
                ticks[part.tick, default: []] += part.items
            }
            let last = end / Self.minute
            for tick in stride(from: Self.start / Self.minute, through: last, by: 60) {
                ticks[tick] = ticks[tick] ?? []
            }
            ticks[last] = ticks[last] ?? []
            var through: Int64 = 0
            return ticks.keys.sorted().map { tick in
                defer { through = tick * Self.minute }
                let header = EvidenceBlock.Header(
                    source: source, sources: sources, application: 7, tickMs: 60_000,
                    from: EventTime(ms: through), through: EventTime(ms: tick * Self.minute),
                    accounts: population / sources, hasEnded: hasEnded && tick == last)
                return Self.block(header, ticks[tick] ?? [])
            }
        }
    }

    static func block(_ header: EvidenceBlock.Header, _ items: [EvidenceItem]) -> [UInt8] {
        var writer = EvidenceWriter()
        for item in items { writer.append(item) }
        var bytes: [UInt8] = []
        writer.finish(header) { bytes = Array($0) }
        return bytes
    }

    /// The blocks of all sources in one log: those of one source in order, the sources by `choose` among those left.
    func log(until end: EventTime, choose: (Int) -> Int = { _ in 0 }) -> [[UInt8]] {
        var left = blocks(until: end.ms).map { ArraySlice($0) }.filter { !$0.isEmpty }
        var log: [[UInt8]] = []
        while !left.isEmpty {
            let i = choose(left.count)
            if let block = left[i].popFirst() { log.append(block) }
            if left[i].isEmpty { left.remove(at: i) }
        }
        return log
    }
}

/// What a task makes of a log.
struct Run {
    var output = CampaignOutput()
    var counters = Counters()
    var members: [(account: [UInt8], row: MemberRow)] = []

    static func rules(_ when: String...) -> CampaignRuleSet {
        rules(when.enumerated().map { rule("test.r\($0)", when: $1) })
    }

    static func rule(
        _ id: String, when: String, class kind: String = "multi_account_abuse",
        severity: String = "medium", _ more: String = "keep_firing_for: 24h"
    ) -> String {
        """
        apiVersion: stillwatch/v1
        kind: CampaignRule
        id: \(id)
        version: 1
        severity: \(severity)
        class: \(kind)
        when: \(when)
        description: A rule.
        \(more)
        """
    }

    static func rules(_ texts: [String]) -> CampaignRuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for text in texts { loader.load(SourceText(name: "rules.yaml", text: text)) }
        precondition(!diagnostics.hasErrors, diagnostics.text)
        return CampaignRuleSet(loader.campaignRules)
    }

    /// Two rules like those of the starter pack, which stay as they are.
    static let pair = rules([
        rule(
            "test.distillation",
            when: "has(content) && groups() >= 2 && accounts() >= 15 && score() >= 6",
            class: "distillation", severity: "high"),
        rule("test.abuse", when: "has(identity) && accounts() >= 15 && score() >= 3"),
    ])

    static func task(
        _ rules: CampaignRuleSet = pair, _ settings: CampaignSettings = CampaignSettings()
    ) -> CampaignTask {
        CampaignTask(settings: settings, rules: rules, feeds: World.feeds, application: 7)
    }

    /// Runs a log; `advances` says after which blocks the task works off its ticks.
    init(
        _ log: [[UInt8]], _ rules: CampaignRuleSet = pair,
        _ settings: CampaignSettings = CampaignSettings(), advances: (Int) -> Bool = { _ in true }
    ) throws {
        var task = Self.task(rules, settings)
        for (i, block) in log.enumerated() {
            try task.receive(block, at: i)
            if advances(i) { task.advance(&output) }
        }
        task.advance(&output)
        counters = task.counters
        members = task.members
    }

    init(
        _ world: World, _ rules: CampaignRuleSet = pair,
        _ settings: CampaignSettings = CampaignSettings()
    ) throws {
        try self.init(world.log(until: world.time), rules, settings)
    }

    /// What was told, as text.
    var text: String {
        var writer = JSONWriter()
        for finding in output.findings {
            FindingEncoder(format: .flat, productVersion: "0").encode(finding, into: &writer)
            writer.newline()
        }
        let rows = output.members.map { change in
            "\(change.time.ms) \(String(decoding: change.account, as: UTF8.self)) \(Self.text(change.row))\n"
        }
        return writer.buffer.string() + rows.joined()
    }

    static func text(_ row: MemberRow?) -> String {
        guard let row else { return "released" }
        return
            "\(row.campaign) \(row.campaignClass) \(row.since.ms) \(row.confidence) \(row.ties) "
            + (row.closed.map { "closed \($0.ms)" } ?? "open")
    }

    /// The members' names by campaign.
    var campaigns: [FindingID: Set<String>] {
        var sets: [FindingID: Set<String>] = [:]
        for member in members {
            sets[member.row.campaign, default: []]
                .insert(String(decoding: member.account, as: UTF8.self))
        }
        return sets
    }

    /// The members' names, one set a campaign, in a fixed order.
    var partition: [[String]] {
        campaigns.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
    }
}

extension CampaignTask {
    /// Receives a block.
    mutating func receive(_ block: [UInt8], at i: Int) throws {
        var failure: BlockError?
        block.withUnsafeBytes { bytes in
            do throws(BlockError) {
                try receive(bytes, offset: Int64(i))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension Finding {
    /// A number among its evidence.
    func number(_ name: String) -> Double? {
        for (key, value) in evidence where key == name {
            if case .number(let number) = value { return number }
        }
        return nil
    }
}

/// Accounts called `prefix`0, `prefix`1, ...
func names(_ prefix: String, _ range: Range<Int>) -> [String] { range.map { "\(prefix)\($0)" } }
