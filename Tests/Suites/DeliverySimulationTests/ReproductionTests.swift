import DeliverySimulation
import Foundation
import Testing

@Suite("A seed by the command line")
struct ReproductionTests {
    /// Runs `cluster-sim`, which is built beside the tests.
    private func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("cluster-sim")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// The first seed a bug makes go wrong.
    private func failing(_ bug: String) throws -> (UInt64, DeliverySimulation.Result)? {
        for seed in 1...40 as ClosedRange<UInt64> {
            let result = try DeliverySimulation.run(seed: seed, planted: bug)
            if !result.isGood { return (seed, result) }
        }
        return nil
    }

    @Test("a seed that goes wrong goes wrong in the same way in another process")
    func wrong() throws {
        let (seed, result) = try #require(try failing("begin-empty"))
        let (code, output) = try run(["--seed", "\(seed)", "--planted", "begin-empty"])
        let problems = result.problems.map { "  \($0)\n" }.joined()
        #expect(output == "seed \(seed): \(result.scenario)\n\(problems)\(result.line)\n")
        #expect(code == 1)
    }

    @Test("a seed that is good is good there as well")
    func good() throws {
        let result = try DeliverySimulation.run(seed: 2)
        let (code, output) = try run(["--seed", "2"])
        #expect(output == "seed 2: \(result.scenario)\n\(result.line)\n")
        #expect(code == 0)
    }
}
