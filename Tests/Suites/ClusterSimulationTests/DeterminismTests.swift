import ClusterSimulation
import Foundation
import Testing

@Suite("Determinism")
struct DeterminismTests {
    /// The probe beside the tests.
    private static let probe = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("cluster-probe")

    @Test("the same seed gives the same run, here and in another process", arguments: [3, 11])
    func sameSeed(seed: UInt64) throws {
        let first = CopyWorkload(seed: seed).run(seconds: 30)
        let second = CopyWorkload(seed: seed).run(seconds: 30)
        #expect(first == second)
        let process = Process()
        process.executableURL = Self.probe
        process.arguments = ["\(seed)", "1", "30"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(output.contains("fingerprint \(first.fingerprint)\n"), "\(output)")
    }

    @Test("tracing changes nothing")
    func tracing() {
        let plain = CopyWorkload(seed: 5)
        let traced = CopyWorkload(seed: 5)
        traced.world.trace.isOn = true
        #expect(plain.run(seconds: 10) == traced.run(seconds: 10))
        #expect(plain.world.trace.lines.isEmpty)
        #expect(traced.world.trace.lines.count > 100)
    }

    @Test("another seed gives another run")
    func otherSeed() {
        let first = CopyWorkload(seed: 1).run(seconds: 10)
        #expect(CopyWorkload(seed: 2).run(seconds: 10).fingerprint != first.fingerprint)
    }

    @Test("a world that is over leaves nothing behind")
    func memory() throws {
        weak var timeline: Timeline?
        weak var cluster: Cluster?
        weak var process: SimProcess?
        do {
            let workload = CopyWorkload(seed: 4)
            _ = workload.run(seconds: 5)
            timeline = workload.world.timeline
            cluster = workload.world.cluster
            process = workload.world.processes.last
            #expect(process != nil)
        }
        #expect(timeline == nil)
        #expect(cluster == nil)
        #expect(process == nil)
    }
}
