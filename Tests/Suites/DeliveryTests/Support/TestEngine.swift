import Broker
import Delivery
import Detection
import Primitives
import Topology
import YAML

/// Settings and events of a small engine: panes of a second, one rule that speaks often.
enum TestEngine {
    /// Event time of a record at 0 ms.
    static let originMs: Int64 = 1_700_000_000_000

    static func settings(
        partials: Int = 1, state: Int = 1, rule: [String] = []
    ) throws -> EngineSettings {
        let width = PaneWidth(ms: 1_000) ?? .standard
        var pipeline = PipelineSettings(rules: try rules(width, rule))
        pipeline.timing = TopologyPlan.Timing(
            paneWidth: width, latenessMs: 2_000, maxLatenessMs: 20_000, maxFutureSkewMs: 5_000)
        pipeline.partitions = partials
        pipeline.application = 7
        pipeline.memoryBudget = 64 << 20
        var settings = EngineSettings(
            pipeline: pipeline, topics: ["requests", "shuffle"],
            outputs: OutputPartitions(alerts: 4, shadow: 0, deadLetters: 2, state: state),
            incarnation: 1, encoder: FindingEncoder(format: .flat, productVersion: "1"))
        settings.snapshotIntervalMs = 1_000_000_000
        return settings
    }

    private static func rules(_ width: PaneWidth, _ more: [String]) throws -> RuleSet {
        let text =
            ([
                "apiVersion: stillwatch/v1", "kind: Rule", "id: test.card", "version: 1",
                "severity: high", "description: A rule.", "entity: fingerprint",
                "kinds: [payment]", "when: accounts(20s) >= 3", "keep_firing_for: 3s",
                "evidence: [accounts(20s), requests(20s)]",
            ] + more).joined(separator: "\n") + "\n"
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics, paneWidth: width)
        loader.load(SourceText(name: "rule.yaml", text: text))
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules, paneWidth: width)
    }

    /// An event of an account that pays with a card.
    static func event(_ atMs: Int64, _ account: Int, card: Int = 0) -> [UInt8] {
        let text =
            "{\"time\":\(originMs + atMs),\"account\":\"a\(account)\","
            + "\"fingerprints\":{\"payment\":\"card\(card)\"}}"
        return Array(text.utf8)
    }
}

extension ShardBench {
    /// The time of the last event read and what follows it, in records a fifth of a second apart.
    var fedTo: Int64 {
        let last = site.logs[Self.input]?.last?.timestampMs ?? TestEngine.originMs - 200
        return last - TestEngine.originMs + 200
    }
}

extension Site {
    /// Appends events of an input partition between two times, some every second.
    func feed(_ partition: Int32 = 0, from: Int64, to: Int64, everyMs: Int64 = 200) {
        for atMs in stride(from: from, to: to, by: Int(everyMs)) {
            let number = Int(atMs / everyMs)
            append(
                to: TopicPartition(.input, partition),
                TestEngine.event(atMs, number % 7, card: number % 3),
                timestampMs: TestEngine.originMs + atMs)
        }
    }
}
