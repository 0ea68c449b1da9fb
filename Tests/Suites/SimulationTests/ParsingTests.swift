import Simulation
import Testing

@Suite struct ParsingTests {
    @Test func allParametersAreRead() throws {
        let spec = try PopulationSpec(
            parsing: "s4:rate=26.5,accounts=2500,evasion=e1+e2,start=90m,duration=2.5d,cards=7,"
                + "devices=3,templates=2,addresses=99,name=hydra")
        #expect(spec.kind == .s4)
        #expect(spec.name == "hydra")
        #expect(spec.accounts == 2500)
        #expect(spec.rate == 26.5)
        #expect(spec.evasions == [.identityIsolation, .shapedTiming])
        #expect(spec.startMs == 5_400_000)
        #expect(spec.durationMs == 216_000_000)
        #expect(spec.accountsPerCard == 7 && spec.accountsPerDevice == 3)
        #expect(spec.templates == 2 && spec.addresses == 99)
    }

    @Test(arguments: PopulationSpec.Kind.allCases)
    func aBareKindHasItsDefaults(_ kind: PopulationSpec.Kind) throws {
        #expect(try PopulationSpec(parsing: kind.rawValue) == PopulationSpec(kind))
    }

    @Test func defaultsFollowTheNumberOfAccounts() throws {
        #expect(try PopulationSpec(parsing: "nat:accounts=9000").addresses == 6)
    }

    @Test(arguments: [
        ("spam", ScenarioError.unknownPopulation("spam")),
        ("", .unknownPopulation("")),
        ("nat:cards=3", .unknownParameter("cards", population: "nat")),
        ("s1:colour=red", .unknownParameter("colour", population: "s1")),
        ("s1:accounts", .malformedParameter("accounts")),
        ("s1:rate=1,rate=2", .malformedParameter("rate=2")),
        (
            "s1:accounts=0",
            .badValue("0", parameter: "accounts", expected: "an integer from 1 to 50000000")
        ),
        (
            "s1:rate=-1",
            .badValue("-1", parameter: "rate", expected: "a number over 0, up to 10000000")
        ),
        (
            "s1:rate=nan",
            .badValue("nan", parameter: "rate", expected: "a number over 0, up to 10000000")
        ),
        (
            "s1:start=5",
            .badValue("5", parameter: "start", expected: "a duration such as 90m, 6h or 2d")
        ),
        (
            "s1:evasion=e8",
            .badValue(
                "e8", parameter: "evasion", expected: "some of e1 to e7, as e1+e4, or none")
        ),
    ])
    func whatCannotBeReadIsSaid(_ text: String, _ error: ScenarioError) {
        #expect(throws: error) { try PopulationSpec(parsing: text) }
        #expect(!error.description.isEmpty)
    }

    @Test func unknownPresetsAreRefused() {
        #expect(throws: ScenarioError.unknownPreset("x")) { try Scenario.preset(named: "x") }
    }
}
