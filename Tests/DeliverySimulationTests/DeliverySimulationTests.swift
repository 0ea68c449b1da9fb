import DeliverySimulation
import Testing

/// A handful of seeds, so that a broken simulation is noticed at once; the many run by the command line.
@Suite("The whole program in simulated clusters")
struct DeliverySimulationTests {
    @Test(
        "under faults, nothing is lost, doubled or different", arguments: [1, 2, 3, 4] as [UInt64])
    func nothingWrong(seed: UInt64) throws {
        let result = try DeliverySimulation.run(seed: seed)
        #expect(result.isGood, "\(result.scenario): \(result.problems)")
    }
}
