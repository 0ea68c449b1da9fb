import Campaigns
import Detection
import Events
import Glibc
import Primitives
import Replay
import Simulation
import TestSupport
import Testing
import Topology
import YAML

/// A replay that is ended anywhere and goes on finds what one that never was finds, and reports the same.
@Suite("Checkpoints")
struct CheckpointTests {
    /// A source that ends the replay where its records break off.
    private final class BreakingSource: RecordSource {
        let name: String
        private let records: [[UInt8]]
        private let breaksAt: Int?
        private var next = 0

        init(_ name: String, _ records: [[UInt8]], breaksAt: Int?) {
            self.name = name
            self.records = records
            self.breaksAt = breaksAt
        }

        var progress: (done: Int, total: Int)? { nil }

        func read(
            _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
        ) throws(InputError) -> Bool {
            for _ in 0..<count {
                if next == breaksAt { throw .unreadable(path: name, reason: "killed") }
                guard next < records.count else { return false }
                records[next].withUnsafeBytes { body($0, nil) }
                next += 1
            }
            return true
        }
    }

    /// A directory of its own, with what a replay leaves in it.
    private final class Folder {
        let path: String

        init() throws {
            let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
            var name = Array("\(folder)/stillwatch-checkpoint-XXXXXX".utf8CString)
            try #require(mkdtemp(&name) != nil)
            path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        deinit {
            unlink("\(path)/\(Checkpoints.name)")
            rmdir(path)
        }
    }

    /// Events of an hour and a half that come late, jump, are refused or have a flaw, in partitions of any skew.
    private func partitions(_ random: inout TestRandom) -> [[[UInt8]]] {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in
            var timeMs: Int64 = 1_780_000_000_000 + Int64.random(in: 0...600_000, using: &random)
            return (0..<Int.random(in: 0...900, using: &random)).map { _ in
                timeMs += Int64.random(in: 0...8_000, using: &random)
                var at = timeMs - Int64.random(in: 0...20_000, using: &random)
                switch Int.random(in: 0..<60, using: &random) {
                case 0: at += 7_200_000
                case 1: at -= 3_000_000
                case 2: return Array("{\"time\":\"-\",\"account\":\"a\"}".utf8)
                case 3: timeMs += 4_000_000
                default: break
                }
                let account = Int.random(in: 0...20, using: &random)
                let tokens = random.next() % 20 == 0 ? "-1" : "\(random.next() % 900)"
                return Array(
                    ("{\"time\":\(at),\"account\":\"a\(account)\",\"max_tokens\":\(tokens),"
                        + "\"fingerprints\":{\"payment\":\"p\(account % 3)\"}}").utf8)
            }
        }
    }

    /// Verdicts on some of the accounts and cards that the partitions have, within their time.
    private func verdicts(_ random: inout TestRandom) throws -> [VerdictRecord] {
        try (0..<12).map { number in
            let isAccount = number % 3 > 0
            let name =
                isAccount
                ? "account:a\(Int.random(in: 0...20, using: &random))" : "payment:p\(number % 2)"
            let words = VerdictWord.allCases.filter { isAccount || $0.isJudgement }
            let time = 1_780_000_000_000 + Int64.random(in: 0...4_000_000, using: &random)
            return VerdictRecord(
                time: EventTime(ms: time), subject: try #require(Subject(entity: name)),
                word: words[Int.random(in: 0..<words.count, using: &random)],
                until: EventTime(ms: time + .random(in: 1_000...900_000, using: &random)))
        }
    }

    private func rules() throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(
            SourceText(
                name: "rule.yaml",
                text: """
                    apiVersion: stillwatch/v1
                    kind: Rule
                    id: test.card
                    version: 1
                    severity: high
                    description: A rule.
                    entity: fingerprint
                    kinds: [payment]
                    campaign: { group: identity, weight: 3 }
                    when: accounts(5m) >= 4 && requests(1h) >= 5
                    for: 20s
                    keep_firing_for: 1m
                    suppress: { update_every: 2m, cooldown: 3m }
                    evidence: [accounts(5m), requests(1h), "top(account, 3)"]
                    ---
                    apiVersion: stillwatch/v1
                    kind: CampaignRule
                    id: test.campaign
                    version: 1
                    severity: high
                    class: multi_account_abuse
                    description: A rule.
                    when: accounts() >= 5
                    keep_firing_for: 10m
                    suppress: { update_every: 5m }
                    """))
        try #require(!diagnostics.hasErrors, "\(diagnostics.text)")
        return try RuleSet(loader.rules, campaigns: loader.campaignRules)
    }

    /// All of a report that is to be the same.
    private func text(_ report: ReplayDriver.Report) -> String {
        var writer = JSONWriter()
        let encoder = FindingEncoder(format: .ocsf, productVersion: "1")
        for finding in report.findings {
            encoder.encode(finding, into: &writer)
            writer.newline()
        }
        // How many blocks and partials there are depends on how the input is cut; what comes of them does not.
        var counters = report.entities
        (counters.blocksRead, counters.partials) = (0, 0)
        counters.forgetHeld()
        return writer.buffer.string() + ReplaySummary(report, seconds: 0).text
            + "\(counters) \(report.gapEpisodes.count) "
            + report.ruleCosts.map { "\($0.evaluations) " }.joined()
            + memberships(report.memberships)
            + report.members.map { "\(String(decoding: $0, as: UTF8.self)) \($1)" }.joined()
    }

    private func memberships(_ memberships: Memberships) -> String {
        memberships.joined.flatMap { campaign, members in
            members.map { "\(campaign) \(String(decoding: $0, as: UTF8.self)) \($1.ms)" }
        }.sorted().joined(separator: "\n")
    }

    private func sources(_ partitions: [[[UInt8]]], breaksAt: (source: Int, record: Int)?)
        -> [any RecordSource]
    {
        partitions.indices.map { number in
            BreakingSource(
                "p\(number)", partitions[number],
                breaksAt: breaksAt?.source == number ? breaksAt?.record : nil)
        }
    }

    @Test("killed again and again, with other threads and chunks each time: the same bytes")
    func goesOn() async throws {
        let seed = UInt64.random(in: 1...99_999)
        var random = TestRandom(seed: seed)
        let settings = PipelineSettings(rules: try rules())
        var campaignFindings = 0
        for round in 0..<16 {
            let campaigns = round % 2 == 0 ? nil : CampaignPipeline()
            let partitions = partitions(&random)
            let verdicts = round % 4 == 3 ? try verdicts(&random) : []
            let whole = try await ReplayDriver(settings, campaigns: campaigns, verdicts: verdicts)
                .run(sources(partitions, breaksAt: nil))
            campaignFindings += whole.findings.count { $0.campaign != nil }
            let folder = try Folder()
            var last: ReplayDriver.Report?
            var runs = 0
            while last == nil {
                runs += 1
                let source = Int.random(in: 0..<partitions.count, using: &random)
                let record = Int.random(in: 0...max(1, partitions[source].count), using: &random)
                let checkpoints = try Checkpoints(
                    in: folder.path, everyMs: 0, resumes: Checkpoints.isThere(in: folder.path)
                ) { Issue.record("\($0)") }
                checkpoints.begin(identity: [("rules", "these")], note: [])
                let replay = ReplayDriver(
                    settings, campaigns: campaigns, verdicts: verdicts,
                    threads: Int.random(in: 1...3, using: &random),
                    chunkRecords: Int.random(in: 1...60, using: &random))
                do {
                    last = try await replay.run(
                        sources(partitions, breaksAt: runs > 6 ? nil : (source, record)),
                        checkpoints: checkpoints)
                } catch InputError.unreadable(_, reason: "killed") {
                    continue
                }
            }
            let report = try #require(last)
            #expect(text(report) == text(whole), "seed \(seed)")
            #expect(!whole.findings.isEmpty || partitions.allSatisfy { $0.count < 400 })
        }
        #expect(campaignFindings > 5)
    }

    @Test("a checkpoint says what it is of, and one that is damaged is not gone on from")
    func identity() async throws {
        var random = TestRandom(seed: 3)
        let partitions = [partitions(&random)[0]]
        let settings = PipelineSettings(rules: try rules())
        let folder = try Folder()
        let checkpoints = try Checkpoints(in: folder.path, everyMs: 0, resumes: false) { _ in }
        checkpoints.begin(identity: [("rules", "1"), ("topic", "t")], note: [7])
        _ = try await ReplayDriver(settings, chunkRecords: 10).run(
            sources(partitions, breaksAt: nil), checkpoints: checkpoints)
        let again = try Checkpoints(in: folder.path, everyMs: 0, resumes: true) { _ in }
        #expect(again.saved?.note == [7])
        #expect(again.differences(to: [("rules", "1"), ("topic", "t")]).isEmpty)
        #expect(
            again.differences(to: [("rules", "2"), ("file", "f")]) == [
                "rules: 1 then, 2 now", "file: nothing then, f now", "topic: t then, nothing now",
            ])
        let file = try #require(fopen(again.path, "r+b"))
        fseek(file, 500, SEEK_SET)
        fputs("####", file)
        fclose(file)
        #expect(throws: CheckpointError.self) {
            try Checkpoints(in: folder.path, everyMs: 0, resumes: true) { _ in }
        }
    }

    @Test("where a checkpoint cannot be written it is said, and the run goes on")
    func fullDisk() async throws {
        var random = TestRandom(seed: 4)
        let partitions = [partitions(&random)[0]]
        let settings = PipelineSettings(rules: try rules())
        var said: [String] = []
        let checkpoints = try Checkpoints(in: "/dev/full", everyMs: 0, resumes: false) {
            said.append($0)
        }
        checkpoints.begin(identity: [], note: [])
        let report = try await ReplayDriver(settings).run(
            sources(partitions, breaksAt: nil), checkpoints: checkpoints)
        let whole = try await ReplayDriver(settings).run(sources(partitions, breaksAt: nil))
        #expect(text(report) == text(whole))
        #expect(said.first?.contains("/dev/full") == true)
    }
}
