import Foundation
import Primitives
import Simulation
import Testing

/// The crowds that look like farms have what makes them look so, and what tells them apart.
@Suite struct CrowdTests {
    @Test func officeHasOnePayerAndCampusMany() throws {
        let office = try shared("office:accounts=300,rate=40", hours: 48)
        #expect(office["payment"]?.count == 1 && office["ip"]?.count == 1)
        #expect(office["tool_set"]?.count == 1)
        let campus = try shared("campus:accounts=600,rate=30", hours: 48)
        #expect(campus["payment"] == nil)
        #expect(campus["email_domain"]?.count == 1 && campus["ip"]?.count == 1)
    }

    @Test func courseIsNewEvenAndEnds() throws {
        let run = try scenario("course:accounts=300,duration=2d", hours: 96)
        let population = try labels(run)
        let loads = population.accounts.map(\.requests)
        #expect((0.5...0.8).contains(evenness(loads)))
        #expect((population.last?.ms ?? 0) - run.start.ms <= 49 * 3_600_000)
        let shared = Dictionary(grouping: population.shared, by: \.kind)
        for kind in ["prompt_template", "system_prompt", "email_domain", "ip"] {
            #expect(shared[kind]?.map(\.accounts) == [population.accounts.count], "\(kind)")
        }
        #expect(shared["payment"] == nil)
        for line in lines(of: run, 2000) {
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            let created = object?["account_created"] as? Int64 ?? 0
            #expect(created >= run.start.ms - 2 * 86_400_000 - 1 && created < run.start.ms)
            #expect(object?["output_tokens"] as? Int ?? 0 <= 500)
        }
        let sponsored = try self.shared("course:accounts=100,payers=one", hours: 24)
        #expect(sponsored["payment"]?.count == 1)
        #expect(try self.shared("course:accounts=100,payers=own", hours: 24)["payment"] == nil)
    }

    @Test func evaluationsStartOnTimersWithPublicFrames() throws {
        var run = try scenario("evaluations", hours: 24)
        run.releaseMs = 0
        let population = try labels(run)
        let templates = population.shared.filter { $0.kind == "prompt_template" }
        #expect(templates.count == 2 && templates.allSatisfy { !$0.isExclusive })
        #expect(!population.shared.contains { $0.kind == "payment" })
        let seen = lines(of: run)
        #expect(seen.allSatisfy { contains($0, "aster-large-5") })
        var firsts: [String: Int64] = [:]
        for event in events(of: run) where firsts[event.account] == nil {
            firsts[event.account] = event.timeMs
        }
        #expect(firsts.values.allSatisfy { ($0 - run.start.ms) % 3_600_000 == 0 })
    }

    @Test func syntheticDataHasOnePayerAndOneTemplate() throws {
        let run = try scenario("synthetic:rate=2000", hours: 24)
        let shared = Dictionary(grouping: try labels(run).shared, by: \.kind)
        #expect(shared["payment"]?.map(\.accounts) == [10])
        #expect(shared["prompt_template"]?.map(\.accounts) == [10])
        #expect(PopulationSpec(.synthetic).rate * 10 == 1_000_000)
    }

    @Test func abusersShareDevicesOrCards() throws {
        let trial = try shared("trial:accounts=400,rate=20", hours: 48)
        #expect(trial["payment"] == nil)
        let devices = try #require(trial["device"]).map(\.accounts)
        #expect(devices.allSatisfy { (5...50).contains($0) } && devices.count > 5)
        let cards = try #require(
            try shared("shared:accounts=400,rate=60", hours: 96)["payment"]
        ).map(\.accounts)
        #expect(cards.allSatisfy { (5...50).contains($0) } && cards.count > 5)
        #expect(PopulationSpec.Kind.trial.admissibleClass == "multi_account_abuse")
        #expect(PopulationSpec.Kind.shared.admissibleClass == "resale")
        let named = PopulationSpec.Kind.allCases.filter { $0.admissibleClass != nil }
        #expect(named == [.trial, .shared])
    }

    @Test func secondAccountsWorkInTheOutageAndAllRequestsSufferFromIt() throws {
        var run = try scenario("failover:accounts=500,rate=400", "customers:rate=30", hours: 12)
        run.outageMs = 5 * 3_600_000
        let begin = run.start.ms + 5 * 3_600_000
        var inside: [Int: (failed: Int, all: Int)] = [:]
        var outside = (failed: 0, all: 0)
        var accounts: [Bool: Set<String>] = [:]
        var buffer = ByteBuffer()
        Generator(run).forEach { event in
            buffer.removeAll()
            event.writeJSON(into: &buffer)
            let failed = contains(buffer.array(), "\"status\":503") ? 1 : 0
            let isInside = (begin..<begin + 3_600_000).contains(event.time.ms)
            if event.population == 0 { accounts[isInside, default: []].insert(event.accountName) }
            if isInside {
                let known = inside[event.population] ?? (0, 0)
                inside[event.population] = (known.failed + failed, known.all + 1)
            } else {
                outside = (outside.failed + failed, outside.all + 1)
            }
        }
        #expect(outside.failed == 0)
        for (failed, all) in inside.values {
            #expect((0.45...0.55).contains(Double(failed) / Double(all)))
        }
        #expect(accounts[true]?.count ?? 0 > 50)
        #expect(accounts[true]?.isDisjoint(with: accounts[false] ?? []) == true)
    }

    private func labels(_ scenario: Scenario) throws -> Labels.Population {
        let generator = Generator(scenario)
        while generator.next() {}
        return generator.labels().populations[0]
    }

    private func shared(
        _ population: String, hours: Double
    ) throws -> [String: [Labels.Fingerprint]] {
        Dictionary(grouping: try labels(try scenario(population, hours: hours)).shared, by: \.kind)
    }
}
