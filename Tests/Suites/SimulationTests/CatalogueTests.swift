import Foundation
import Primitives
import Simulation
import Testing

/// The scenarios by name: what is in them, and that nothing in an event gives a farm away.
@Suite struct CatalogueTests {
    @Test(arguments: Scenario.catalogue.map(\.name))
    func everyScenarioGeneratesTheSameBytesTwice(_ name: String) throws {
        let small = try Scenario.named(name, scale: 0.002, days: 0.2, seed: 3)
        let first = lines(of: small, 3000)
        #expect(first.count > 100)
        #expect(first == lines(of: small, 3000))
        #expect(first != lines(of: try .named(name, scale: 0.002, days: 0.2, seed: 4), 3000))
    }

    @Test func unknownNamesAreRefused() {
        #expect(throws: ScenarioError.unknownScenario("x")) { try Scenario.named("x") }
        #expect(ScenarioError.unknownScenario("x").description.contains("lookalikes"))
    }

    @Test func scenariosHaveWhatTheyAreFor() throws {
        func kinds(_ name: String, _ isWanted: (PopulationSpec.Kind) -> Bool) throws -> Set<String>
        {
            Set(try Scenario.named(name).populations.map(\.kind).filter(isWanted).map(\.rawValue))
        }
        let crowds = Set(PopulationSpec.Kind.allCases.filter(\.isLookAlike).map(\.rawValue))
        #expect(try kinds("plain", \.isFarm) == ["s1", "s2", "s3", "s4", "s5"])
        #expect(try kinds("lookalikes", \.isFarm) == [])
        for name in ["plain", "mix", "lookalikes"] {
            #expect(try kinds(name, \.isLookAlike) == crowds, "\(name)")
        }
        let mix = try Scenario.named("mix")
        #expect(mix.populations.count { $0.kind.isFarm } == 10)
        #expect(Set(mix.populationNames).count == mix.populations.count)
        let hiding = try Scenario.named("evasions").populations.filter { $0.kind.isFarm }
        #expect(
            hiding.map { $0.evasions.names.joined(separator: "-") } == hiding.map(\.name))
        #expect(hiding.map(\.name) == ["e1", "e2", "e3", "e4", "e5", "e6", "e7", "e1-e2"])
    }

    @Test func wideScenarioHasTheDocumentedSize() throws {
        let wide = try Scenario.named("wide")
        let farm = try #require(wide.populations.first { $0.kind.isFarm })
        var alone = wide
        alone.populations = [farm]
        #expect(alone.expectedEvents == 28_800_000 && farm.accounts == 25_000)
        #expect((315_000_000...319_000_000).contains(wide.expectedEvents))
        let small = try Scenario.named("wide", scale: 0.02, days: 3)
        #expect(small.populations.first { $0.kind.isFarm }?.accounts == 500)
        #expect(small.durationMs == 3 * 86_400_000)
    }

    @Test func evasionsOfTheCommandAreAddedToEveryFarm() throws {
        let run = try Scenario.named("mix", evasions: [.paraphrase, .widening])
        for spec in run.populations {
            #expect(spec.evasions.isSuperset(of: [.paraphrase, .widening]) == spec.kind.isFarm)
        }
        let s1 = run.populations.first { $0.name == "s1" }
        #expect(s1?.accounts == 2000 && s1?.rate == 7.5)
    }

    @Test func smallScalesKeepFarmsAndCrowdsWhatTheyAre() throws {
        let run = try Scenario.named("mix", scale: 0.001)
        for spec in run.populations where spec.kind.isFarm { #expect(spec.accounts >= 60) }
        #expect(run.populations.first { $0.kind == .course }?.accounts == 150)
        let synthetic = try #require(run.populations.first { $0.kind == .synthetic })
        #expect(synthetic.accounts == 1 && synthetic.rate == 1000)
    }

    /// Every shape of event that a farm sends is sent by others, and every category and range: names,
    /// kinds of fingerprints, models, tasks, plans, paths, limits, statuses, lengths of ids.
    @Test(arguments: ["plain", "mix", "evasions"])
    func nothingInAnEventGivesAFarmAway(_ name: String) throws {
        let run = try Scenario.named(name, scale: 0.01, days: 1, seed: 5)
        var farms: [String: Set<String>] = [:]
        var others: [String: Set<String>] = [:]
        let generator = Generator(run)
        var buffer = ByteBuffer()
        var count = 0
        while generator.next(), count < 60_000 {
            count += 1
            buffer.removeAll()
            generator.event.writeJSON(into: &buffer)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(buffer.array())) as? [String: Any])
            let isFarm = run.populations[generator.event.population].kind.isFarm
            for (key, value) in Self.traits(object) {
                if isFarm {
                    farms[key, default: []].insert(value)
                } else {
                    others[key, default: []].insert(value)
                }
            }
        }
        #expect(farms.count > 10)
        for (key, values) in farms {
            #expect(values.subtracting(others[key] ?? []).isEmpty, "\(key)")
        }
    }

    /// What can be told of one event without knowing any other.
    private static func traits(_ object: [String: Any]) -> [(String, String)] {
        var traits: [(String, String)] = []
        for (name, value) in object {
            if let text = value as? String {
                let isCategory = ["model", "plan", "access_path", "operation"].contains(name)
                traits.append((name, isCategory ? text : "\(text.utf8.count) bytes"))
            } else if let number = value as? Int {
                let exact = ["status", "max_tokens"].contains(name)
                // Others by their order of magnitude; few have five digits.
                let digits = min(4, String(max(0, number)).count)
                traits.append((name, exact ? "\(number)" : "\(digits) digits"))
            }
        }
        let prints = object["fingerprints"] as? [String: String] ?? [:]
        // Tool sets and blobs come and go; who has none of the others is told by the set.
        let optional: Set = ["tool_set", "reasoning_blob_in", "reasoning_blob_out"]
        let kinds = prints.keys.filter { !optional.contains($0) }.sorted()
        traits.append(("kinds", kinds.joined(separator: " ")))
        for (kind, value) in prints where !["ip", "subnet", "asn", "user_agent"].contains(kind) {
            traits.append((kind, String(value.prefix(1)) + " \(value.utf8.count / 4)"))
        }
        let signals = object["signals"] as? [String: Any] ?? [:]
        traits.append(("signals", signals.keys.sorted().joined(separator: " ")))
        traits.append(("task", signals["task"] as? String ?? ""))
        return traits
    }

    @Test(arguments: Scenario.catalogue.map(\.name))
    func everyParameterSaysWhetherItIsDocumented(_ name: String) throws {
        let run = try Scenario.named(name)
        let facts = run.facts
        for population in run.populationNames {
            let own = facts.filter { $0.population == population }
            #expect(own.count >= 3, "\(population)")
            #expect(Set(own.map(\.parameter)).count == own.count, "\(population)")
            #expect(own.allSatisfy { !$0.source.isEmpty && !$0.value.isEmpty })
        }
    }

    @Test func changedParametersAreAssumptions() throws {
        func accounts(_ text: String) throws -> Fact? {
            try PopulationSpec(parsing: text).facts.first { $0.parameter == "accounts" }
        }
        #expect(try accounts("s4")?.basis == .documented)
        #expect(try accounts("s4:accounts=7")?.basis == .assumed)
        #expect(try accounts("nat")?.basis == .assumed)
    }
}
