import Primitives
import Testing
import Topology

@Suite("The clock of a source partition")
struct ClockTests {
    private static let start: Int64 = 1_780_000_000_000
    private static let pane = UInt32(start / 10_000)

    /// A clock with panes of 10 s, 30 s lateness, 1 h at most, 5 min of skew, that has seen `start`.
    private func clock() -> PartitionClock {
        var clock = PartitionClock(TopologyPlan.Timing())
        _ = clock.judge(EventTime(ms: Self.start), timestampMs: Self.start)
        return clock
    }

    private func at(_ seconds: Int64) -> EventTime { EventTime(ms: Self.start + seconds * 1000) }

    @Test("panes stay open for the allowed lateness")
    func lateness() {
        var clock = clock()
        #expect(clock.firstOpenPane == Self.pane - 3)
        #expect(clock.judge(at(-30), timestampMs: nil) == .onTime(pane: Self.pane - 3))
        #expect(clock.judge(at(9), timestampMs: nil) == .onTime(pane: Self.pane))
        #expect(clock.firstOpenPane == Self.pane - 3)
        #expect(clock.judge(at(10), timestampMs: nil) == .onTime(pane: Self.pane + 1))
        #expect(clock.firstOpenPane == Self.pane - 2)
        #expect(clock.lowestPane == Self.pane - 3)
    }

    @Test("a late event counts in the first open pane and does not move the clock")
    func late() {
        var clock = clock()
        #expect(clock.judge(at(-31), timestampMs: nil) == .late(pane: Self.pane - 3))
        #expect(clock.judge(at(-3600), timestampMs: nil) == .late(pane: Self.pane - 3))
        #expect(clock.highest == at(0))
        #expect(clock.judge(EventTime(ms: at(-3600).ms - 1), timestampMs: nil) == .tooLate)
    }

    @Test("an event ahead of its record's timestamp by more than the skew is refused")
    func future() {
        var clock = clock()
        #expect(clock.judge(at(300), timestampMs: at(0).ms) == .onTime(pane: Self.pane + 30))
        #expect(clock.judge(at(301), timestampMs: at(0).ms) == .future)
        #expect(clock.highest == at(300))
    }

    @Test("a jump ahead needs a timestamp near it or another event to confirm it")
    func jumps() {
        var clock = clock()
        #expect(clock.judge(at(3600), timestampMs: nil) != .jump)
        clock = self.clock()
        #expect(clock.judge(at(3601), timestampMs: nil) == .jump)
        #expect(clock.highest == at(0))
        #expect(clock.judge(at(3601), timestampMs: at(3601 + 3600).ms) != .jump)
        clock = self.clock()
        #expect(clock.judge(at(3601), timestampMs: at(3602 + 3600).ms) == .jump)
        #expect(
            clock.judge(at(7200), timestampMs: nil, confirmed: true)
                == .onTime(pane: Self.pane + 720))
        #expect(clock.highest == at(7200))
    }

    @Test("the first event is a jump unless its timestamp backs it")
    func first() {
        var clock = PartitionClock(TopologyPlan.Timing())
        #expect(clock.judge(at(0), timestampMs: nil) == .jump)
        #expect(clock.highest == nil && clock.firstOpenPane == 0)
        #expect(clock.judge(at(0), timestampMs: at(1).ms) == .onTime(pane: Self.pane))
    }

    @Test("idleness and the end close every pane seen; what follows in them is late")
    func closeAll() {
        var clock = PartitionClock(TopologyPlan.Timing())
        clock.closeAll()
        #expect(clock.firstOpenPane == 0)
        clock = self.clock()
        clock.closeAll()
        #expect(clock.firstOpenPane == Self.pane + 1)
        #expect(clock.judge(at(1), timestampMs: nil) == .late(pane: Self.pane + 1))
        #expect(clock.judge(at(20), timestampMs: nil) == .onTime(pane: Self.pane + 2))
        #expect(clock.firstOpenPane == Self.pane + 1)
    }

    @Test("a clock restored where another stood judges as that one would")
    func restored() {
        var first = clock()
        _ = first.judge(at(95), timestampMs: nil)
        var second = PartitionClock(
            TopologyPlan.Timing(), highest: first.highest, firstOpenPane: first.firstOpenPane,
            lowestPane: first.lowestPane)
        #expect(first == second)
        for seconds: Int64 in [90, 40, -3000, -3600, 100, 3000, 9000] {
            #expect(
                first.judge(at(seconds), timestampMs: nil)
                    == second.judge(at(seconds), timestampMs: nil), "\(seconds) s")
        }
        #expect(first == second)
    }
}
