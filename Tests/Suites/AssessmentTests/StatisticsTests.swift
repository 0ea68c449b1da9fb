import Assessment
import Foundation
import Testing

/// Intervals and curves against statsmodels and lifelines; `statistics_golden.py` writes the file.
@Suite("Statistics")
struct StatisticsTests {
    private static func golden(_ kind: String) throws -> [[String]] {
        let url = try #require(
            Bundle.module.url(forResource: "statistics-golden", withExtension: "txt"))
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            .filter { $0[0] == kind }
    }

    @Test("Wilson intervals are those of statsmodels")
    func wilson() throws {
        let lines = try Self.golden("wilson")
        #expect(lines.count > 30)
        for line in lines {
            let hits = try #require(Int(line[1]))
            let total = try #require(Int(line[2]))
            let interval = try #require(Proportion(hits, of: total).interval)
            #expect(abs(interval.lowerBound - (Double(line[3]) ?? -1)) < 1e-9, "\(line)")
            #expect(abs(interval.upperBound - (Double(line[4]) ?? -1)) < 1e-9, "\(line)")
        }
        #expect(Proportion(0, of: 0).interval == nil && Proportion(0, of: 0).value == nil)
    }

    @Test("survival curves and their quantiles are those of lifelines")
    func survival() throws {
        let lines = try Self.golden("km")
        #expect(lines.count > 30)
        for line in lines {
            let subjects = line[1].split(separator: ",").map { text in
                SurvivalCurve.Subject(
                    ms: Int64(text.dropLast()) ?? -1, isDetected: text.hasSuffix("+"))
            }
            let curve = SurvivalCurve(subjects)
            #expect(curve.time(detecting: 0.5) == Int64(line[2]), "\(line)")
            #expect(curve.time(detecting: 0.9) == Int64(line[3]), "\(line)")
            let steps = line[4] == "none" ? [] : line[4].split(separator: ",")
            #expect(curve.steps.count == steps.count)
            for (step, text) in zip(curve.steps, steps) {
                let parts = text.split(separator: ":")
                #expect(step.ms == Int64(parts[0]))
                #expect(abs(step.share - (Double(parts[1]) ?? -1)) < 1e-8, "\(line)")
            }
        }
    }

    @Test("F1 is the harmonic mean, and its interval holds it")
    func f1() throws {
        let confusion = Confusion(found: 8, wrong: 2, missed: 4)
        let f1 = try #require(confusion.f1)
        #expect(abs(f1 - 2 * 0.8 * (8.0 / 12) / (0.8 + 8.0 / 12)) < 1e-12)
        let interval = try #require(confusion.f1Interval)
        #expect(interval.contains(f1))
        #expect(Confusion().f1 == nil && Confusion().f1Interval == nil)
    }
}
