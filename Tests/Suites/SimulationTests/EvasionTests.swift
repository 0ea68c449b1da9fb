import Foundation
import Primitives
import Simulation
import Testing

/// What each evasion takes away from a farm, and that it takes away nothing else.
@Suite struct EvasionTests {
    @Test func churnedAccountsLiveForDaysAndAreReplaced() throws {
        let population = try labels("s1:accounts=100,rate=50,evasion=e3,duration=30d", days: 30)
        let ended = population.accounts.filter { $0.end != nil }
        #expect((250...900).contains(ended.count), "a life of a week on average")
        let day: Int64 = 86_400_000
        for account in population.accounts {
            #expect(account.last.ms - account.first.ms <= 14 * day)
        }
        #expect(population.accounts.count - ended.count >= 95)
        #expect(population.requests == 150_000, "nothing is lost in replacing")
    }

    @Test func replacementsAreCreatedBeforeTheyWork() throws {
        let run = try scenario("s1:accounts=60,rate=50,evasion=e3,duration=20d", hours: 480)
        for line in lines(of: run) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            let time = try #require(object["time"] as? Int64)
            let created = try #require(object["account_created"] as? Int64)
            #expect(created < time)
        }
    }

    @Test func paraphrasedFramesTieNobody() throws {
        let population = try labels("s4:accounts=200,evasion=e4", days: 2)
        for kind in ["prompt_template", "system_prompt", "tool_set"] {
            #expect(!population.shared.contains { $0.kind == kind }, "\(kind)")
        }
        #expect(population.shared.filter { $0.kind == "payment" }.map(\.accounts).max() == 20)
    }

    @Test func resoldRequestsAreLikeThoseOfCustomers() throws {
        let lines = lines(of: try scenario("s4:accounts=300,evasion=e5", hours: 48))
        let own = lines.count { contains($0, "\"max_tokens\":8192") }
        // A quarter of the customers asks for as many tokens as the farm does.
        #expect((0.2...0.4).contains(Double(own) / Double(lines.count)))
        let elicited = lines.count { contains($0, "\"reasoning_elicitation\":true") }
        #expect(Double(elicited) / Double(lines.count) < 0.2, "0.7 without it")
        let more = try PopulationSpec(parsing: "s4:evasion=e5,mix=0.99")
        #expect(more.mix == 0.99)
    }

    @Test func widerFarmsDoAsMuchWithTenTimesTheAccounts() throws {
        let wide = try PopulationSpec(parsing: "s4:accounts=300,rate=26,evasion=e6")
        #expect(wide.accounts == 3000 && abs(wide.rate - 2.6) < 1e-9)
        var again = wide
        again.evade(.widening)
        #expect(again == wide)
    }

    @Test func strippedEventsHaveNoIdentity() throws {
        let hidden = [
            "payment", "card_bin", "device", "tls_ja4", "user_agent", "email_domain",
            "signup_cohort",
        ]
        for text in ["s4:accounts=100,evasion=e7", "customers:accounts=300,stripped=yes"] {
            let lines = lines(of: try scenario(text, hours: 24), 2000)
            #expect(lines.count > 1000)
            for kind in hidden { #expect(fingerprints(lines, kind).isEmpty, "\(text) \(kind)") }
            #expect(fingerprints(lines, "prompt_template").count == lines.count)
            #expect(fingerprints(lines, "ip").count == lines.count)
        }
    }

    @Test(arguments: ["s1", "s2", "s3", "s4", "s5", "s6"])
    func everyFarmTakesEveryEvasion(_ kind: String) throws {
        for (name, evasion) in PopulationSpec.Evasions.all {
            let population = try labels("\(kind):accounts=64,rate=6,evasion=\(name)", days: 2)
            #expect(population.spec.evasions == evasion)
            #expect(population.requests > 300 && population.accounts.count >= 20, "\(kind) \(name)")
        }
        let all = try labels("\(kind):accounts=64,rate=60,evasion=e1+e2+e3+e4+e5+e6+e7", days: 2)
        #expect(all.requests > 5000)
        #expect(all.spec.evasions.names == ["e1", "e2", "e3", "e4", "e5", "e6", "e7"])
    }

    private func labels(_ population: String, days: Double) throws -> Labels.Population {
        let generator = Generator(try scenario(population, hours: days * 24))
        while generator.next() {}
        return generator.labels().populations[0]
    }
}
