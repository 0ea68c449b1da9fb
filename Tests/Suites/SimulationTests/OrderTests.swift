import Primitives
import Simulation
import TestSupport
import Testing

@Suite struct OrderTests {
    @Test func eventsComeInTheOrderOfTimeWithinTheRun() throws {
        var scenario = Scenario.demo(seed: 5)
        scenario.eventLimit = 200_000
        var newest = scenario.start.ms
        var disorder = 0
        Generator(scenario).forEach { event in
            disorder += event.time.ms < newest ? 1 : 0
            newest = max(newest, event.time.ms)
        }
        #expect(disorder == 0)
        #expect(newest < scenario.start.ms + scenario.durationMs)
    }

    @Test func jitterReordersWithinItsBound() throws {
        var scenario = Scenario.demo(seed: 6)
        scenario.eventLimit = 200_000
        scenario.jitterMs = 5000
        var newest = scenario.start.ms
        var oldest: Int64 = 0
        var disorder = 0
        var written = scenario.start.ms
        Generator(scenario).forEach { event in
            #expect(event.recordTime.ms >= written)
            written = event.recordTime.ms
            disorder += event.time.ms < newest ? 1 : 0
            oldest = max(oldest, newest - event.time.ms)
            newest = max(newest, event.time.ms)
        }
        #expect(disorder > 50_000)
        #expect(oldest <= 5000 && oldest > 3000)
    }

    @Test func eventLimitEndsTheRun() {
        var scenario = Scenario.demo()
        scenario.eventLimit = 1234
        #expect(events(of: scenario).count == 1234)
    }

    @Test func systemTestHasTwoMillionRecords() {
        let scenario = Scenario.systemTest()
        #expect((2_000_000...2_200_000).contains(scenario.expectedEvents))
    }

    @Test func populationsStartAndEndWhenTold() throws {
        let scenario = try scenario("s4:accounts=100,rate=100,start=5h,duration=6h", hours: 24)
        let times = events(of: scenario).map { $0.timeMs - scenario.start.ms }
        #expect(times.count == 2500)
        #expect(times.allSatisfy { (5 * 3_600_000..<11 * 3_600_000).contains($0) })
    }

    @Test func steadyGenerationAllocatesNothing() throws {
        let generator = Generator(.bench(events: 100_000, accounts: 10_000))
        var buffer = ByteBuffer(capacity: 1 << 20)
        _ = generator.writeLines(1000, into: &buffer)
        let count = allocations {
            for _ in 0..<50 {
                buffer.removeAll()
                _ = generator.writeLines(1000, into: &buffer)
            }
        }
        #expect(count ?? 0 == 0)
    }

    @Test func memoryDoesNotGrowWithTheLengthOfTheRun() throws {
        // After a simulated day the open sessions are at their level: two more allocate next to
        // nothing.
        let generator = Generator(try scenario("customers:accounts=2000,rate=40", hours: 96))
        var buffer = ByteBuffer(capacity: 1 << 21)
        _ = generator.writeLines(80_000, into: &buffer)
        buffer.removeAll()
        let count = allocations {
            for _ in 0..<160 {
                buffer.removeAll()
                _ = generator.writeLines(1000, into: &buffer)
            }
        }
        #expect(count ?? 0 < 10)
    }
}
