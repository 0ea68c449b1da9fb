import Primitives
import Simulation
import Testing

@Suite struct LookAlikeTests {
    @Test func carrierAddressesServeUnrelatedPayers() throws {
        let values = values(try scenario("nat:accounts=1500,addresses=3", hours: 48))
        #expect(values["ip"]?.count == 3)
        let accounts = values["account"]?.count ?? 0
        #expect((500...1500).contains(accounts))
        #expect(values["payment"]?.count == accounts)
        #expect((values["prompt_template"]?.count ?? 0) > accounts / 2)
    }

    @Test func fleetHasOneKeyAndFreshAddresses() throws {
        let values = values(try scenario("ci:accounts=1", hours: 48))
        #expect(values["account"]?.count == 1)
        #expect(values["payment"]?.count == 1)
        #expect((values["ip"]?.count ?? 0) > 100)
        #expect((values["user_agent"]?.count ?? 0) > 50)
    }

    @Test func gatewaySpeaksForManyEndUsers() throws {
        let scenario = try scenario("gateway:accounts=4,rate=2000,end_users=5000", hours: 24)
        let lines = lines(of: scenario)
        let users = Set(
            lines.compactMap { line -> Substring? in
                let text = String(decoding: line, as: UTF8.self)
                guard let at = text.range(of: "\"end_user\":\"") else { return nil }
                return text[at.upperBound...].prefix { $0 != "\"" }
            })
        #expect(users.count > 3000)
        let values = values(scenario)
        #expect(values["account"]?.count == 4)
        #expect(values["ip"]?.count == 2)
        #expect(values["payment"]?.count == 1)
    }

    @Test func harnessCrowdIsUnrelatedAndHeavyTailed() throws {
        let scenario = try scenario("harness:accounts=3000,rate=30", hours: 48)
        let values = values(scenario)
        for kind in ["system_prompt", "tool_set", "tls_ja4", "user_agent"] {
            #expect(values[kind]?.count == 1, "\(kind)")
        }
        #expect(values["payment"]?.count == values["account"]?.count)
        var loads: [String: Int] = [:]
        for event in events(of: scenario) { loads[event.account, default: 0] += 1 }
        #expect(evenness(loads.values) < 0.35)
    }

    @Test func bulkProgramsSendFewLengths() throws {
        var lengths: [String: Set<Substring>] = [:]
        for line in lines(of: try scenario("bulk:accounts=3", hours: 24)) {
            let text = String(decoding: line, as: UTF8.self)
            guard let at = text.range(of: "\"input_tokens\":") else { continue }
            guard let name = text.range(of: "\"account\":\"") else { continue }
            lengths[String(text[name.upperBound...].prefix(21)), default: []].insert(
                text[at.upperBound...].prefix { $0 != "," })
        }
        #expect(lengths.count == 3)
        #expect(lengths.values.allSatisfy { $0.count <= 20 })
    }

    /// Distinct fingerprint values by kind, and `account`s.
    private func values(_ scenario: Scenario) -> [String: Set<String>] {
        var values: [String: Set<String>] = [:]
        Generator(scenario).forEach { event in
            values["account", default: []].insert(event.accountName)
            for i in 0..<event.fingerprintCount {
                let (kind, value) = event.fingerprint(at: i)
                values[kind, default: []].insert(value)
            }
        }
        return values
    }
}
