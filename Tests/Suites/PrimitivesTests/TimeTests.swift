import Primitives
import TestSupport
import Testing

@Suite("Time")
struct TimeTests {
    @Test("every width tells panes of 2000 and of 2100 apart")
    func widths() {
        #expect(PaneWidth(ms: 999) == nil)
        #expect(PaneWidth(ms: 3_600_001) == nil)
        for ms: Int64 in [1000, 1001, 10_000, 3_600_000] {
            guard let width = PaneWidth(ms: ms) else {
                Issue.record("no width of \(ms) ms")
                continue
            }
            var random = TestRandom(seed: UInt64(ms))
            for _ in 0..<1000 {
                let time = EventTime(
                    ms: .random(in: 946_684_800_000..<4_102_444_800_000, using: &random))
                let pane = width.pane(of: time)
                #expect(width.start(of: pane) <= time && time < width.end(of: pane))
                #expect(width.pane(of: width.end(of: pane)).index == pane.index + 1)
            }
        }
        #expect(PaneWidth.standard.pane(of: EventTime(ms: -5)).index == 0)
        #expect(PaneWidth.standard.pane(of: EventTime(ms: .max)).index == .max)
        #expect(PaneWidth.standard.count(spanMs: 1) == 1)
        #expect(PaneWidth.standard.count(spanMs: 10_001) == 2)
        #expect(PaneWidth.standard.count(spanMs: 0) == 1)
    }

    @Test("RFC 3339 texts of known moments, and clamped ends")
    func rfc3339() {
        let known: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-01-01T00:00:00.000Z"),
        ]
        for (ms, text) in known { #expect(Timestamp.rfc3339(ms: ms) == text) }
    }
}
