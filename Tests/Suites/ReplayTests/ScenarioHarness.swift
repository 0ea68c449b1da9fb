import Detection
import Primitives
import Replay
import Simulation
import Topology
import YAML

/// Simulated traffic as a source.
final class TrafficSource: RecordSource {
    let name = "simulation"
    let progress: (done: Int, total: Int)? = nil
    private let generator: Generator
    private var line = ByteBuffer(capacity: 4096)

    init(_ scenario: Scenario) { generator = Generator(scenario) }

    var labels: Labels { generator.labels() }

    func read(
        _ count: Int, _ body: (_ record: ByteSlice, _ timestampMs: Int64?) -> Void
    ) throws(InputError) -> Bool {
        for _ in 0..<count {
            guard generator.next() else { return false }
            line.removeAll()
            generator.event.writeJSON(into: &line)
            body(line.bytes, generator.event.recordTime.ms)
        }
        return true
    }
}

/// What the starter rules said of a scenario.
struct ScenarioResult {
    /// Farms with no finding on a fingerprint of theirs.
    var missed: [String] = []
    /// Entities of findings that belong to no farm, with the rule.
    var flagged: [String] = []
    /// The share of a farm's time that had passed at its first finding, by farm.
    var delays: [String: Double] = [:]

    /// Runs `scenario` through the whole engine with the starter rules.
    init(_ scenario: Scenario) async throws {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for source in StarterRules.sources { loader.load(source) }
        let settings = PipelineSettings(rules: try RuleSet(loader.rules))
        let source = TrafficSource(scenario)
        let report = try await ReplayDriver(settings).run([source])
        let created = report.findings.filter { $0.status == .create }
        judge(created, source.labels)
    }

    private mutating func judge(_ findings: [Finding], _ labels: Labels) {
        var owners: [String: [Labels.Population]] = [:]
        for population in labels.populations where population.spec.kind.isFarm {
            for fingerprint in population.shared {
                owners["\(fingerprint.kind):\(fingerprint.value)", default: []].append(population)
            }
            for account in population.accounts { owners["account:\(account.name)"] = [population] }
        }
        for finding in findings {
            let entity =
                "\(finding.entityKind):\(String(decoding: finding.entityValue, as: UTF8.self))"
            let begun = owners[entity, default: []].filter { farm in
                farm.first.map { $0 < finding.time } ?? false
            }
            if begun.isEmpty { flagged.append("\(entity) by \(finding.rule.id)") }
            if finding.entityKind == "account" { continue }
            for farm in begun where delays[farm.id] == nil {
                let start = farm.first?.ms ?? 0
                let length = max(1, (farm.last?.ms ?? 0) - start)
                delays[farm.id] = Double(finding.time.ms - start) / Double(length)
            }
        }
        missed = labels.populations.filter { $0.spec.kind.isFarm && delays[$0.id] == nil }.map(\.id)
    }
}
