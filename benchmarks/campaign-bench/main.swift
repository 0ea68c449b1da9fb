// What the CAMPAIGN stage costs at the capacity it is meant to hold: leads, edges, records a second. Prints one JSON
// object: the times of the ticks that load it, those of ticks at a steady rate, and memory.
//
//   campaign-bench [--leads 200000] [--edges 2000000] [--rate 5000] [--ticks 60]
import Campaigns
import Detection
import Glibc
import Primitives
import Snapshots
import Topology
import YAML

struct Options {
    var leads = 200_000
    var edges = 2_000_000
    /// Records a second of event time in the steady part.
    var rate = 5_000
    var ticks = 60

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { return nil }
            switch flag {
            case "--leads": leads = value
            case "--edges": edges = value
            case "--rate": rate = value
            case "--ticks": ticks = value
            default: return nil
            }
        }
    }
}

/// Evidence of a provider: farms of 25,000 accounts with a frame and cards of 25, and families with a card and a
/// tablet.
struct Provider {
    static let start: Int64 = 1_767_225_600_000
    static let feeds = [
        "farm.frame": CampaignFeed(group: .content, weight: 4),
        "farm.card": CampaignFeed(group: .identity, weight: 3),
        "seen.card": CampaignFeed(group: .identity, weight: 1),
    ]

    /// A fingerprint with its lead.
    struct Print {
        var rule: String
        var kind: String
        var value: String
        var key: UInt64
    }

    private(set) var prints: [Print] = []
    /// Edges by the place of their fingerprint, and the number of the account.
    private(set) var edges: [(print: Int, account: Int)] = []
    private(set) var accounts = 0

    init(leads: Int, edges wanted: Int) {
        let farmAccounts = 25_000
        // A quarter of the edges are farms'.
        let farms = max(1, wanted / 4 / (2 * farmAccounts))
        let perFarm = min(farmAccounts, wanted / 4 / farms / 2)
        for farm in 0..<farms {
            let first = accounts
            accounts += perFarm
            let frame = add("farm.frame", "prompt_template", "frame\(farm)")
            for account in first..<accounts { edges.append((frame, account)) }
            for card in 0..<(perFarm / 25) {
                let print = add("farm.card", "payment", "farm\(farm)card\(card)")
                for i in 0..<25 { edges.append((print, first + card * 25 + i)) }
            }
        }
        let families = max(1, (leads - prints.count) / 2)
        let people = max(3, (wanted - edges.count) / families / 2)
        for family in 0..<families {
            let card = add("seen.card", "payment", "family\(family)")
            let tablet = add("seen.card", "device", "family\(family)")
            for person in 0..<people {
                edges.append((card, accounts + person))
                edges.append((tablet, accounts + person))
            }
            accounts += people
        }
    }

    private mutating func add(_ rule: String, _ kind: String, _ value: String) -> Int {
        prints.append(
            Print(rule: rule, kind: kind, value: value, key: xxh3(value, seed: Kind(kind).seed)))
        return prints.count - 1
    }

    func lead(_ i: Int, _ time: EventTime, _ status: Finding.Status) -> EvidenceItem {
        let print = prints[i]
        return .lead(
            Lead(
                fingerprint: print.key, rule: print.rule, status: status,
                subject: Subject(kind: print.kind, value: Array(print.value.utf8)), start: time,
                lastHeld: time, time: time, sequence: 0, accountsPerEdge: 1,
                evidence: [("accounts(24h)", .number(25))]))
    }

    func edge(_ print: Int, _ account: Int, _ time: EventTime) -> EvidenceItem {
        let name = Array("acct-\(account)".utf8)
        return .edge(
            Edge(
                fingerprint: prints[print].key,
                account: name.withUnsafeBytes { xxh3($0, seed: Kind.account.seed) }, name: name,
                firstSeen: time.advanced(byMs: -30_000), lastSeen: time.advanced(byMs: -10_000),
                created: nil, requests: 3, tokens: 900))
    }
}

/// Feeds a task and keeps the times of its ticks.
struct Feeder: ~Copyable {
    var task: CampaignTask
    var output = CampaignOutput()
    var findings = 0
    var members = 0
    private var writer = EvidenceWriter()
    private var tick = Provider.start / 60_000
    private var through = EventTime(ms: 0)
    private let accounts: Int
    /// Every farm is a campaign.
    private static let rule = """
        apiVersion: stillwatch/v1
        kind: CampaignRule
        id: bench.farm
        version: 1
        severity: high
        class: distillation
        when: groups() >= 2 && accounts() >= 15
        description: A farm.
        """

    init(accounts: Int) {
        self.accounts = accounts
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "bench.yaml", text: Self.rule))
        task = CampaignTask(
            settings: CampaignSettings(), rules: CampaignRuleSet(loader.campaignRules),
            feeds: Provider.feeds, application: 1)
    }

    var time: EventTime { EventTime(ms: tick * 60_000) }

    /// Works off one tick; returns seconds.
    mutating func run(_ items: [EvidenceItem]) throws -> Double {
        for item in items { writer.append(item) }
        let header = EvidenceBlock.Header(
            source: 0, sources: 1, application: 1, tickMs: 60_000, from: through, through: time,
            accounts: accounts, hasEnded: false)
        through = time
        tick += 1
        var blocks: [[UInt8]] = []
        writer.finish(header) { blocks.append(Array($0)) }
        let began = seconds()
        var failure: BlockError?
        for block in blocks {
            block.withUnsafeBytes { bytes in
                do throws(BlockError) { try task.receive(bytes, offset: tick) } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        task.advance(&output)
        let took = seconds() - began
        findings += output.findings.count
        members += output.members.count
        output = CampaignOutput()
        return took
    }
}

/// The same numbers in every run.
struct Random {
    private var state: UInt64 = 1

    mutating func callAsFunction(_ below: Int) -> Int {
        state = mix(state)
        return Int(state % UInt64(below))
    }
}

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentBytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
}

func quantile(_ times: [Double], _ share: Double) -> Double {
    let sorted = times.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    print("campaign-bench [--leads N] [--edges N] [--rate N] [--ticks N]")
    exit(2)
}
let provider = Provider(leads: options.leads, edges: options.edges)
let perTick = options.rate * 60
let before = residentBytes()
var feeder = Feeder(accounts: provider.accounts * 10)

// All leads open, then all edges come, at the rate they may have.
var loading: [Double] = []
loading.append(
    try feeder.run(provider.prints.indices.map { provider.lead($0, feeder.time, .create) }))
var next = 0
while next < provider.edges.count {
    let end = min(provider.edges.count, next + perTick)
    let items = provider.edges[next..<end].map { provider.edge($0.print, $0.account, feeder.time) }
    loading.append(try feeder.run(items))
    next = end
}

// Then most edges are seen again, one in a hundred is new, and some leads go on.
var steady: [Double] = []
var random = Random()
for _ in 0..<options.ticks {
    var items: [EvidenceItem] = []
    for _ in 0..<perTick / 300 {
        items.append(provider.lead(random(provider.prints.count), feeder.time, .update))
    }
    while items.count < perTick {
        let edge = provider.edges[random(provider.edges.count)]
        let isNew = random(100) == 0
        let account = isNew ? random(provider.accounts) : edge.account
        items.append(provider.edge(edge.print, account, feeder.time))
    }
    steady.append(try feeder.run(items))
}
let snapshotBegan = seconds()
let snapshot = feeder.task.snapshot(SnapshotID(incarnation: 1, sequence: 1), position: 1)
let snapshotSeconds = seconds() - snapshotBegan
var writer = JSONWriter()
writer.beginObject()
let numbers: [(String, Double)] = [
    ("fingerprints", Double(feeder.task.fingerprints)), ("edges", Double(feeder.task.edges)),
    ("accounts", Double(feeder.task.accounts)),
    ("open_campaigns", Double(feeder.task.openCampaigns)), ("findings", Double(feeder.findings)),
    ("member_changes", Double(feeder.members)), ("records_per_tick", Double(perTick)),
    ("load_tick_p50_s", quantile(loading, 0.5)), ("load_tick_max_s", quantile(loading, 1)),
    ("tick_p50_s", quantile(steady, 0.5)), ("tick_p99_s", quantile(steady, 0.99)),
    ("snapshot_s", snapshotSeconds),
    ("snapshot_bytes", Double(snapshot.pages.pages.reduce(0) { $0 + $1.count })),
    ("resident_before_bytes", Double(before)), ("resident_bytes", Double(residentBytes())),
]
for (name, value) in numbers {
    writer.key(name)
    writer.value(value)
}
writer.endObject()
print(writer.buffer.string())
