import Aggregation
import Foundation
import Primitives
import Testing

/// Estimates beside those of Apache DataSketches (theta_golden.py) on the same streams.
@Suite("Sample estimates beside Apache DataSketches")
struct SketchTests {
    private struct Golden {
        var size: Int
        var distinct: Int
        var seed: Int
        var estimate: Double
    }

    /// An interpreter with PyPI `datasketches`.
    private static let python = ProcessInfo.processInfo.environment["STILLWATCH_PYTHON"]

    @Test("the golden file is what DataSketches says today", .enabled(if: python != nil))
    func goldenIsCurrent() throws {
        let out = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: out) }
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "theta_golden.py")
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments = [script.path(), out.path()]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let url = try #require(Bundle.module.url(forResource: "theta-golden", withExtension: "txt"))
        #expect(try Data(contentsOf: out) == Data(contentsOf: url))
    }

    private static func golden() throws -> [Golden] {
        let url = try #require(Bundle.module.url(forResource: "theta-golden", withExtension: "txt"))
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            return Golden(
                size: 1 << (Int(parts[0]) ?? 0), distinct: Int(parts[1]) ?? 0,
                seed: Int(parts[2]) ?? 0, estimate: Double(parts[3]) ?? 0)
        }
    }

    /// Our estimate of a stream, fed over several panes.
    private static func estimate(_ golden: Golden) -> Double {
        var harness = StoreHarness(
            StoreHarness.schema(minWindow: 60, maxWindow: 8640, loadWindow: 0),
            sampleSize: golden.size)
        let key = xxh3("entity")
        for i in 0..<golden.distinct {
            harness.add(
                key: key, value: "e", pane: 1000 + UInt32(i * 10 / golden.distinct), requests: 1,
                tokens: 0, name: "\(golden.seed)-\(i)")
        }
        return harness.store.view(of: key, at: Pane(index: 1010))?
            .distinct(dimension: 0, window: 8640) ?? -1
    }

    @Test(
        "relative errors stay within the stated bound, and near those of a theta sketch of the same size"
    )
    func errors() throws {
        let all = try Self.golden()
        #expect(all.count == 660)
        for group in Dictionary(grouping: all, by: { [$0.size, $0.distinct] }).values {
            let (size, distinct) = (group[0].size, Double(group[0].distinct))
            let ours = group.map { (Self.estimate($0) - distinct) / distinct }
            let theirs = group.map { ($0.estimate - distinct) / distinct }
            func rms(_ errors: [Double]) -> Double {
                (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
            }
            let at: Comment =
                "size \(size), \(distinct) values: \(rms(ours)), theirs \(rms(theirs))"
            if group[0].distinct <= size {
                #expect(ours.allSatisfy { $0 == 0 }, at)
                continue
            }
            // The bound of the documentation, and room for 30 draws of it.
            let bound = 1 / (Double(size) / 2 - 1).squareRoot()
            #expect(rms(ours) <= bound * 1.25, at)
            #expect(
                abs(ours.reduce(0, +) / 30) <= 4 * bound / Double(30).squareRoot(),
                "unbiased, \(at)")
            // Theirs keeps k to 2k values, ours k / 2 to k: up to twice the error, and the luck of 30 draws.
            if group[0].distinct > 2 * size { #expect(rms(ours) <= rms(theirs) * 2.2 + 0.01, at) }
        }
    }
}
