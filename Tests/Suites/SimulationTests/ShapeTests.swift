import Foundation
import Primitives
import Simulation
import Testing

/// The farms S2 to S6 have the shapes that are documented of them.
@Suite struct ShapeTests {
    @Test func heterogeneousFarmHasNothingInCommonToMoreThanTwoFifths() throws {
        let population = try labels(scenario("s2", hours: 48))[0]
        #expect(population.accounts.count == 600)
        #expect((population.shared.first?.accounts ?? 0) <= 240)
        let prompts = population.shared.filter { $0.kind == "system_prompt" }
        #expect(prompts.count == 5)
        // Parts hang together by cards whose accounts are in several of them.
        #expect(population.shared.contains { $0.kind == "payment" && $0.accounts == 12 })
        var whole = try scenario("s2", hours: 31 * 24)
        #expect((3_300_000...3_500_000).contains(whole.expectedEvents))
        whole.durationMs = 86_400_000
        let paths = Set(members(lines(of: whole, 5000), "access_path"))
        #expect(paths == ["api", "console", "cloud_marketplace", "aggregator"])
    }

    @Test func pivotingFarmReplacesItsBannedAndResellsHalf() throws {
        let population = try labels(scenario("s3:accounts=1000,rate=24", hours: 240))[0]
        let banned = population.accounts.filter { $0.end != nil }
        #expect((80...110).contains(banned.count), "1 % a day for ten days")
        #expect(population.accounts.count - banned.count == 1000)
        for account in banned {
            guard let end = account.end else { continue }
            #expect(account.last <= end)
        }
        let lines = lines(of: try scenario("s3:accounts=300", hours: 24))
        let own = lines.count { contains($0, "\"max_tokens\":8192") }
        #expect((0.5...0.65).contains(Double(own) / Double(lines.count)))
        let frames = Set(fingerprints(lines, "system_prompt"))
        #expect(frames.count > 100, "resold requests have their customers' prompts")
    }

    @Test func farmMovesToAReleasedModelWithinADay() throws {
        var run = try scenario(
            "s3:accounts=300", "harness:accounts=2000", "customers:accounts=3000", hours: 72)
        run.releaseMs = 24 * 3_600_000
        let generator = Generator(run)
        var counts: [Int: (new: Int, all: Int)] = [:]
        var users: [Int: Set<String>] = [:]
        var buffer = ByteBuffer()
        generator.forEach { event in
            buffer.removeAll()
            event.writeJSON(into: &buffer)
            let isNew = contains(buffer.array(), "aster-large-5")
            let age = event.time.ms - run.start.ms - 24 * 3_600_000
            #expect(!isNew || age >= 0, "nobody has a model before its release")
            guard age >= 0, age < 24 * 3_600_000 else { return }
            counts[event.population, default: (0, 0)].all += 1
            if isNew {
                counts[event.population, default: (0, 0)].new += 1
                users[event.population, default: []].insert(event.accountName)
            }
        }
        let farm = try #require(counts[0])
        #expect((0.38...0.5).contains(Double(farm.new) / Double(farm.all)))
        #expect(users[0]?.count ?? 0 > 290)
        let crowd = generator.labels().populations[1].accounts.count
        #expect((0.1...0.45).contains(Double(users[1]?.count ?? 0) / Double(crowd)))
        let customers = try #require(counts[2])
        #expect(Double(customers.new) / Double(customers.all) < 0.15)
    }

    @Test func secondPoolTakesOverWhenTheFirstIsBanned() throws {
        let run = try scenario("s5:accounts=400,rate=60", hours: 240)
        var first: [String: Set<Int64>] = [:]
        let population = try labels(run)[0]
        Generator(run).forEach { event in
            first[event.accountName, default: []].insert((event.time.ms - run.start.ms) / 3_600_000)
        }
        let banned = population.accounts.filter { $0.end != nil }
        #expect(banned.count == 400 && population.accounts.count == 680)
        // The ban comes after two fifths, within an hour.
        for account in banned { #expect(first[account.name]?.max() ?? 0 <= 96) }
        let later = first.values.count { $0.contains { $0 >= 98 } }
        #expect(later == 280)
        // The second pool was there before: other operators use it.
        #expect(first.values.count { $0.contains { $0 < 96 } } == 680)
        let prompts = population.shared.filter { $0.kind == "system_prompt" }
        #expect(prompts.map(\.accounts).sorted() == [280, 280, 680])
    }

    @Test func blobsOfOneAccountArePresentedByOthers() throws {
        var run = try scenario("s6:accounts=320", "customers:accounts=400", hours: 48)
        run.carriesBlobs = true
        var issuers: [String: Set<String>] = [:]
        var presenters: [String: Set<String>] = [:]
        var counts: [Int: Int] = [:]
        Generator(run).forEach { event in
            counts[event.population, default: 0] += 1
            for i in 0..<event.fingerprintCount {
                let (kind, value) = event.fingerprint(at: i)
                if kind == "reasoning_blob_out" {
                    issuers[value, default: []].insert(event.accountName)
                } else if kind == "reasoning_blob_in" {
                    #expect(issuers[value] != nil, "a blob is issued before it is presented")
                    presenters[value, default: []].insert(event.accountName)
                }
            }
        }
        #expect(counts[0] == 1280)
        let copied = presenters.values.filter { $0.count > 1 }
        #expect(copied.count == 60 && copied.allSatisfy { $0.count == 16 })
        let own = presenters.filter { $0.value.count == 1 }
        #expect(own.count > 20, "customers present blobs as well")
        #expect(own.allSatisfy { issuers[$0.key] == $0.value })
        #expect(issuers.values.allSatisfy { $0.count == 1 })
    }

    private func labels(_ scenario: Scenario) throws -> [Labels.Population] {
        let generator = Generator(scenario)
        while generator.next() {}
        return generator.labels().populations
    }
}
