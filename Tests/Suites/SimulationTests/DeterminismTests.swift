import Primitives
import Simulation
import Testing

@Suite struct DeterminismTests {
    /// The hash of a run's first 20,000 lines; written down, so that a change of any byte on any
    /// machine shows.
    @Test(arguments: [
        ("demo", 2_252_739_233_130_839_920 as UInt64),
        ("system-test", 10_480_463_012_597_309_422),
        ("bench", 8_433_609_553_978_553_632),
    ])
    func presetsGiveTheBytesTheyAlwaysGave(_ name: String, _ golden: UInt64) throws {
        let scenario = try Scenario.preset(named: name, seed: 1)
        #expect(hash(scenario) == golden)
    }

    @Test func isolatedAndShapedFarmGivesTheBytesItAlwaysGave() throws {
        let scenario = try scenario("s4:accounts=2500,evasion=e1+e2,start=1h", hours: 24)
        #expect(hash(scenario) == 512_286_637_929_873_550)
    }

    @Test func equalSeedsGiveEqualRunsAndOthersDoNot() {
        #expect(hash(.demo(seed: 3)) == hash(.demo(seed: 3)))
        #expect(hash(.demo(seed: 3)) != hash(.demo(seed: 4)))
    }

    @Test func bytesDoNotDependOnHowManyAreAskedForAtATime() {
        let whole = Generator(.demo())
        let parts = Generator(.demo())
        var a = ByteBuffer()
        var b = ByteBuffer()
        #expect(whole.writeLines(1000, into: &a) == 1000)
        for _ in 0..<100 { #expect(parts.writeLines(10, into: &b) == 10) }
        #expect(a.array() == b.array())
    }

    @Test func recordsCarryTheLinesWithTheirAccountAsKey() {
        let generator = Generator(.demo())
        let expected = lines(of: .demo(), 100)
        var scratch = ByteBuffer()
        for line in expected {
            let more = generator.nextRecord(using: &scratch) { key, value, time in
                #expect(Array(value) == line)
                let text = String(decoding: line, as: UTF8.self)
                #expect(text.contains("\"account\":\"\(String(decoding: key, as: UTF8.self))\""))
                #expect(text.hasPrefix("{\"time\":\(time.ms),"))
            }
            #expect(more)
        }
    }

    @Test func accountsSpreadOverPartitionsAndKeepTheirs() {
        var counts = [Int](repeating: 0, count: 12)
        for i in 0..<12_000 {
            var buffer = ByteBuffer()
            buffer.append(text: "acct_\(i)")
            let partition = Generator.partition(ofAccount: buffer.bytes, count: 12)
            #expect(partition == Generator.partition(ofAccount: buffer.bytes, count: 12))
            counts[partition] += 1
        }
        #expect(counts.allSatisfy { (850...1150).contains($0) })
    }

    private func hash(_ scenario: Scenario) -> UInt64 {
        let generator = Generator(scenario)
        var buffer = ByteBuffer(capacity: 1 << 24)
        _ = generator.writeLines(20_000, into: &buffer)
        return buffer.withBytes { xxh3($0) }
    }
}
