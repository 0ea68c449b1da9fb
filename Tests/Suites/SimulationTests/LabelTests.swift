import Foundation
import Primitives
import Simulation
import Testing

/// Labels against a recount of the events they describe.
@Suite struct LabelTests {
    /// A day of every population, small.
    private static func everything() throws -> Scenario {
        var scenario = try scenario(
            "customers:accounts=3000", "bulk:accounts=3", "nat:accounts=600,addresses=1", "ci",
            "gateway:rate=500", "harness:accounts=2000", "s1:accounts=60,start=3h",
            "s4:accounts=400,start=5h", "s1:accounts=50,evasion=e1+e2,start=2h", hours: 24)
        scenario.badRecords = .each(3)
        scenario.jitterMs = 2000
        return scenario
    }

    @Test func accountsAndTotalsMatchTheEvents() throws {
        let generator = Generator(try Self.everything())
        var requests: [Int: [String: Int]] = [:]
        var times: [String: (first: Int64, last: Int64)] = [:]
        generator.forEach { event in
            guard event.defect == nil else { return }
            let name = event.accountName
            requests[event.population, default: [:]][name, default: 0] += 1
            let known = times[name] ?? (.max, .min)
            times[name] = (min(known.first, event.time.ms), max(known.last, event.time.ms))
        }
        let labels = generator.labels()
        #expect(labels.records == generator.generated)
        for (index, population) in labels.populations.enumerated() {
            let counted = requests[index] ?? [:]
            #expect(population.requests == counted.values.reduce(0, +))
            guard population.spec.kind != .customers else { continue }
            #expect(population.accounts.count == counted.count)
            for account in population.accounts {
                #expect(account.requests == counted[account.name])
                #expect(account.first.ms == times[account.name]?.first)
                #expect(account.last.ms == times[account.name]?.last)
            }
        }
        #expect(
            Set(requests.values.flatMap(\.keys)).count == requests.values.map(\.count).reduce(0, +))
    }

    @Test func sharedFingerprintsMatchTheEvents() throws {
        let generator = Generator(try Self.everything())
        var accounts: [Int: [String: Set<String>]] = [:]
        generator.forEach { event in
            guard event.defect == nil else { return }
            for i in 0..<event.fingerprintCount {
                let (kind, value) = event.fingerprint(at: i)
                accounts[event.population, default: [:]]["\(kind):\(value)", default: []].insert(
                    event.accountName)
            }
        }
        for (index, population) in generator.labels().populations.enumerated() {
            let counted = accounts[index] ?? [:]
            for fingerprint in population.shared {
                let entity = "\(fingerprint.kind):\(fingerprint.value)"
                #expect(counted[entity]?.count == fingerprint.accounts, "\(entity)")
                guard fingerprint.isExclusive else { continue }
                for other in accounts.keys where other != index {
                    #expect(accounts[other]?[entity] == nil, "\(entity) is in population \(other)")
                }
            }
            guard population.spec.kind.isFarm else { continue }
            #expect(population.shared.count == counted.values.count { $0.count >= 2 })
        }
    }

    @Test func sideFileIsJSONLinesWithASummary() throws {
        let generator = Generator(try Self.everything())
        while generator.next() {}
        var buffer = ByteBuffer()
        generator.labels().writeLines(into: &buffer)
        let objects = try buffer.string().split(separator: "\n").map {
            try #require(
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let types = objects.compactMap { $0["type"] as? String }
        #expect(types.count { $0 == "farm" } == 3)
        #expect(types.count { $0 == "look_alike" } == 5)
        #expect(types.count { $0 == "ordinary" } == 1)
        #expect(types.count { $0 == "bad_record" } == Defect.allCases.count)
        #expect(types.last == "summary")
        #expect(objects.last?["records"] as? Int == generator.generated)
        let farms = objects.filter { $0["type"] as? String == "farm" }
        #expect(farms.compactMap { $0["population"] as? String } == ["s1", "s4", "s1-2"])
        #expect(farms.last?["evasions"] as? [String] == ["e1", "e2"])
    }
}
