import Assessment
import Detection
import Events
import Primitives
import Replay
import Topology
import YAML

/// A small history made by hand: labels, events, findings.
struct History {
    static let start: Int64 = 1_780_272_000_000
    static let hour: Int64 = 3_600_000

    let rules: RuleSet
    let labels: LabelSet
    let ledger: ActivityLedger
    private let settings: PipelineSettings

    /// A rule on accounts, one on payments and devices.
    static let rules = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: test.account
        version: 1
        status: active
        severity: low
        entity: account
        when: requests(1h) >= 10
        description: Many requests.
        false_positives: [None]
        tests: []
        ---
        apiVersion: stillwatch/v1
        kind: Rule
        id: test.shared
        version: 1
        status: active
        severity: high
        entity: fingerprint
        kinds: [payment, device]
        when: accounts(24h) >= 3
        description: Shared by accounts.
        false_positives: [None]
        tests: []
        """

    /// A history with labels as a file has them.
    init(labels text: String = "type,kind,value,verdict,from,to,campaign\n") throws {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "rules", text: Self.rules))
        if let first = diagnostics.errors.first { throw first }
        rules = try RuleSet(loader.rules)
        settings = PipelineSettings(rules: rules)
        labels = try LabelReader.read(Array(text.utf8), name: "labels")
        ledger = ActivityLedger(labels, settings.plan, threads: 1)
    }

    /// A time so many hours after the start.
    static func time(_ hours: Double) -> EventTime {
        EventTime(ms: start + Int64(hours * Double(hour)))
    }

    /// An account's requests: `count` of them, one each hour from `hours` on, of 100 tokens each.
    func requests(
        _ account: String, at hours: Double, count: Int = 1, fingerprints: [String: String] = [:]
    ) throws {
        var decoder = try settings.makeDecoder(settings.plan.tracked)
        let prints = fingerprints.sorted { $0.key < $1.key }.map { "\"\($0)\":\"\($1)\"" }
        for i in 0..<count {
            let text =
                "{\"time\":\(Self.time(hours + Double(i)).ms),\"account\":\"\(account)\","
                + "\"input_tokens\":60,\"output_tokens\":40,"
                + "\"fingerprints\":{\(prints.joined(separator: ","))}}"
            Array(text.utf8).withUnsafeBytes { bytes in
                if decoder.decode(bytes) == .event {
                    ledger.observe(decoder.event, worker: 0)
                }
            }
        }
    }

    /// The findings of an episode: its create, and its close where it has one.
    func episode(
        _ rule: String, on entity: String, from: Double, to: Double? = nil,
        accounts: [String] = []
    ) throws -> [Finding] {
        let info = rules.rules.first { $0.info.id == rule }?.info ?? rules.rules[0].info
        let kind = String(entity.prefix { $0 != ":" })
        let value = Array(entity.utf8.dropFirst(kind.utf8.count + 1))
        let opened = Self.time(from)
        let uid = FindingID(rule: rule, entityKind: kind, entityValue: value, start: opened)
        let top = accounts.map { (value: Array($0.utf8), count: Int64(1)) }
        func finding(_ status: Finding.Status, _ time: EventTime, _ sequence: Int) -> Finding {
            Finding(
                uid: uid, rule: info, status: status, entityKind: kind, entityValue: value,
                time: time, firstSeen: opened, lastSeen: time,
                evidence: accounts.isEmpty ? [] : [("top(account, 10)", .top(top))],
                sequence: sequence)
        }
        return [finding(.create, opened, 0)]
            + (to.map { [finding(.close, Self.time($0), 1)] } ?? [])
    }

    /// Findings in canonical order.
    static func inOrder(_ findings: [[Finding]]) -> [Finding] {
        findings.joined().sorted(by: ReplayDriver.precedes)
    }

    /// Scores against the labels, over a history that ends after so many hours.
    func scorer(end: Double, from: Double? = nil) -> Scorer {
        Scorer(
            labels, ledger.activity(), judged: ["account", "payment", "device"],
            start: from.map(Self.time), end: Self.time(end))
    }

    /// A report of `findings`, judged from `from` on, of a history of `hours`.
    func report(
        _ findings: [Finding], old: [Finding]? = nil, from: Double? = nil, hours: Double,
        others: [[Finding]] = [],
        memberships: (after: Memberships, before: Memberships) = (Memberships(), Memberships())
    ) -> BacktestReport {
        let range = JudgedRange(
            from: from.map(Self.time), to: nil, warmupMs: 2 * Self.hour, paneWidth: .standard)
        var warmup = WarmupReport(range)
        warmup.checks = others.map {
            WarmupCheck(findings, other: $0, warmupMs: 4 * Self.hour, range)
        }
        var kept = findings
        warmup.dropped = range.dropWarmup(&kept)
        var replay = ReplayDriver.Report()
        replay.span = Self.time(0)...Self.time(hours)
        replay.findings = kept
        replay.memberships = memberships.after
        let compiled = rules.rules.map {
            ReportedRule(
                info: $0.info, reachMs: ShortHistory.reachMs(of: $0, .standard), thresholds: [],
                cost: nil)
        }
        let run = BacktestReport.Run(
            version: "1", rules: "rules", rulesDigest: 1, comparedRules: nil, inputs: ["a"],
            labels: nil, shards: 1, seconds: 1)
        let judge =
            labels.isEmpty
            ? nil : Judge(labels, scorer(end: hours, from: from), budget: nil)
        return BacktestReport(
            run, replay, warmup, findings: findings, old: old,
            oldMemberships: memberships.before, compiled: compiled, judge: judge,
            expectations: [], activity: ledger.activity())
    }
}
