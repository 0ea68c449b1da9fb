import Broker
import Campaigns
import Detection
import Primitives
import Testing
import Topology
import YAML

@Suite("CAMPAIGN as a task of the engine")
struct RunnerTests {
    /// Keeps what is put out, the table of members as a compacted topic would.
    private final class Sink: TaskOutputs {
        var findings: [Finding] = []
        var table: [String: String] = [:]

        func put(_ finding: Finding) { findings.append(finding) }

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            let account = String(decoding: key ?? ByteSlice(start: nil, count: 0), as: UTF8.self)
            table[account] = value.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Rules with the ids that the made-up evidence names, which say the same of them.
    private static func rules() throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for (id, feed) in World.feeds.sorted(by: { $0.key < $1.key }) {
            let text = """
                apiVersion: stillwatch/v1
                kind: Rule
                id: \(id)
                version: 1
                severity: low
                entity: fingerprint
                when: accounts(24h) >= 3
                campaign: { group: \(feed.group), weight: \(feed.weight) }
                alert: \(id == "seen.card")
                description: A rule.
                """
            loader.load(SourceText(name: "\(id).yaml", text: text))
        }
        let campaign = Run.rule(
            "test.distillation", when: "groups() >= 2 && accounts() >= 15", class: "distillation")
        loader.load(SourceText(name: "campaign.yaml", text: campaign))
        #expect(diagnostics.text == "")
        return try RuleSet(loader.rules, campaigns: loader.campaignRules)
    }

    private static func runner() throws -> CampaignTaskRunner {
        var pipeline = PipelineSettings(rules: try rules())
        pipeline.application = 7
        #expect(pipeline.rules.feeds == World.feeds)
        return CampaignTaskRunner(CampaignPipeline(), pipeline)
    }

    private static func receive(
        _ log: [[UInt8]], _ runner: CampaignTaskRunner, _ sink: Sink?
    ) throws {
        for (i, block) in log.enumerated() {
            try block.withUnsafeBytes {
                try runner.receive($0, offset: Int64(i), outputs: sink)
            }
        }
    }

    @Test(
        "Findings, lone leads of rules that alert, and rows of members go out; nothing while muted")
    func outputs() throws {
        var world = FarmTests.farm(sources: 2)
        world.pass(World.hour)
        let log = world.log(until: world.time)
        let (runner, sink) = (try Self.runner(), Sink())
        try Self.receive(log, runner, sink)
        #expect(sink.findings.count { $0.entityKind == "campaign" } == 1)
        // Twenty families have a card with a lead that alerts, and a tablet whose rule does not.
        #expect(sink.findings.count { $0.entityKind == "payment" } == 20)
        #expect(sink.findings.count == 21)
        #expect(sink.table.count == 60)
        let uid = try #require(sink.findings.first { $0.entityKind == "campaign" }?.uid)
        #expect(
            sink.table["a7"]
                == #"{"account":"a7","campaign":"\#(uid)","class":"distillation","#
                + #""since":\#(World.start - World.minute),"confidence":0.8,"ties":2}"#)
        #expect(runner.hasEnded && runner.numbers.openFindings == 1)
        #expect(runner.watermark?.closedThrough == world.time)

        let quiet = try Self.runner()
        try Self.receive(log, quiet, nil)
        #expect(quiet.stateDigest == runner.stateDigest)
    }

    @Test("What the changes of members come to is the table")
    func table() throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let world = ManyChanges.world(seed: seed, sources: 2)
            let run = try Run(
                world.log(until: world.time), ManyChanges.rules, ManyChanges.settings)
            var table: [[UInt8]: MemberRow] = [:]
            for change in run.output.members {
                if let row = change.row {
                    #expect(table[change.account] != row, "a change says something new")
                } else {
                    #expect(table[change.account] != nil, "only members are released")
                }
                table[change.account] = change.row
            }
            #expect(table.count == run.members.count)
            for member in run.members { #expect(table[member.account] == member.row) }
        }
    }
}
