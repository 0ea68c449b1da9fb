import Primitives
import Simulation
import Testing

@Suite struct FarmTests {
    @Test func smallFarmMakesItsExchangesEvenly() throws {
        let scenario = try scenario("s1", hours: 240)
        let loads = loads(events(of: scenario))
        #expect(loads.count == 200)
        #expect(loads.values.allSatisfy { $0 == 750 })
        #expect((0.99...1.01).contains(evenness(loads.values)))
    }

    @Test func wideFarmHasTheDocumentedSize() throws {
        var scenario = try scenario("s4", hours: 45 * 24)
        #expect(scenario.expectedEvents == 28_800_000)
        scenario.populations[0].accounts = 2500
        scenario.durationMs = 2 * 86_400_000
        let loads = loads(events(of: scenario))
        #expect(loads.count == 2500)
        #expect(loads.values.reduce(0, +) == 128_000)
        #expect(loads.values.allSatisfy { (51...52).contains($0) })
    }

    @Test func shapedFarmIsUnevenAndStillExact() throws {
        let seen = events(of: try scenario("s4:accounts=1000,rate=26,evasion=e2", hours: 72))
        #expect(seen.count == 78_000)
        let counts = Array(loads(seen).values)
        let padded = counts + [Int](repeating: 0, count: 1000 - counts.count)
        #expect((1.2...2.1).contains(variation(padded.map { Double($0) })))
        #expect(evenness(counts) < 0.6)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.timeMs <= $1.timeMs })
    }

    @Test func dispatcherIsSmootherThanChance() throws {
        let start = Scenario.standardStart.ms
        var bins = [Double](repeating: 0, count: 1440)
        for event in events(of: try scenario("s1:accounts=100,rate=288", hours: 24)) {
            bins[Int((event.timeMs - start) / 60_000)] += 1
        }
        let mean = bins.reduce(0, +) / 1440
        let cv = variation(bins)
        #expect(cv * cv * mean < 0.2, "variance over mean of a Poisson process is 1")
    }

    @Test func accountsShareCardsAndDevicesUnlessIsolated() throws {
        let open = shared(try scenario("s1", hours: 24))
        #expect(accounts(open, "payment") == [Int](repeating: 25, count: 8))
        #expect(accounts(open, "device") == [Int](repeating: 10, count: 20))
        #expect(accounts(open, "prompt_template") == [200, 200, 200])
        #expect(accounts(open, "tls_ja4") == [200])

        let isolated = shared(try scenario("s1:evasion=e1", hours: 24))
        for kind in ["payment", "device", "tls_ja4", "ip"] {
            #expect(accounts(isolated, kind).isEmpty, "\(kind) ties isolated accounts")
        }
        #expect(accounts(isolated, "card_bin") == [200])
        #expect(accounts(isolated, "system_prompt") == [200])
    }

    @Test func wideFarmMixesSingleTurnsAndLongSessions() throws {
        var turns: [Int: Int] = [:]
        for line in lines(of: try scenario("s4:accounts=500,rate=26", hours: 48)) {
            let text = String(decoding: line, as: UTF8.self)
            guard let at = text.range(of: "\"turn\":") else { continue }
            let turn = text[at.upperBound...].prefix { $0 != "," }
            turns[Int(turn) ?? 0, default: 0] += 1
        }
        #expect(Set(turns.keys) == Set(1...20))
        #expect((0.45...0.65).contains(Double(turns[1] ?? 0) / 26_000))
    }

    private func loads(_ events: [Seen]) -> [String: Int] {
        events.reduce(into: [:]) { $0[$1.account, default: 0] += 1 }
    }

    private func shared(_ scenario: Scenario) -> [Labels.Fingerprint] {
        let generator = Generator(scenario)
        while generator.next() {}
        return generator.labels().populations[0].shared
    }

    private func accounts(_ shared: [Labels.Fingerprint], _ kind: String) -> [Int] {
        shared.filter { $0.kind == kind }.map(\.accounts)
    }
}
