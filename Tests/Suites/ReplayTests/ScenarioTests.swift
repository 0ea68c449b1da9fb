import Simulation
import Testing

/// The starter rules against simulated traffic, through the whole engine.
///
/// Sizes are modest, so that all of it takes well under a minute in a release build.
@Suite("Scenarios")
struct ScenarioTests {
    private static let hourMs: Int64 = 3_600_000

    /// Ordinary customers and every look-alike.
    private static let ordinary = [
        "customers:accounts=6000,rate=14", "bulk:accounts=4,rate=3000", "nat:accounts=1500,rate=6",
        "ci:accounts=3,rate=2000", "gateway:accounts=6,rate=3000", "harness:accounts=1500,rate=12",
    ]

    private static func scenario(
        seed: UInt64, hours: Int64, _ populations: [String]
    ) throws -> Scenario {
        var specs: [PopulationSpec] = []
        for text in populations { specs.append(try PopulationSpec(parsing: text)) }
        return Scenario(seed: seed, durationMs: hours * hourMs, populations: specs)
    }

    @Test(
        "Both farms are found in their first third, and nothing else is flagged",
        arguments: ["none", "e1", "e2", "e1+e2"], [0.2, 1.0, 4.0])
    func farms(evasion: String, scale: Double) async throws {
        let small = Int(120 * scale)
        let wide = Int(1000 * scale)
        let scenario = try Self.scenario(
            seed: UInt64(11 + scale), hours: 36,
            Self.ordinary + [
                "s1:accounts=\(small),rate=210,start=4h,evasion=\(evasion)",
                "s4:accounts=\(wide),rate=26,start=6h,evasion=\(evasion)",
            ])
        let result = try await ScenarioResult(scenario)
        #expect(result.missed == [])
        #expect(result.flagged == [])
        #expect(result.delays.values.allSatisfy { $0 < 0.34 }, "\(result.delays)")
    }

    @Test(
        "Without a farm nothing is flagged, whatever the seed",
        arguments: [21, 22, 23, 24] as [UInt64])
    func quiet(seed: UInt64) async throws {
        let result = try await ScenarioResult(Self.scenario(seed: seed, hours: 30, Self.ordinary))
        #expect(result.flagged == [])
    }

    @Test("Large look-alikes stay quiet from the first hour of a stream on")
    func largeLookAlikes() async throws {
        let scenario = try Self.scenario(
            seed: 31, hours: 26,
            [
                "harness:accounts=20000,rate=12", "gateway:accounts=20,rate=4000,end_users=100000",
                "nat:accounts=6000,rate=12", "ci:accounts=10,rate=3000",
                "bulk:accounts=15,rate=4000",
            ])
        #expect(try await ScenarioResult(scenario).flagged == [])
    }
}
