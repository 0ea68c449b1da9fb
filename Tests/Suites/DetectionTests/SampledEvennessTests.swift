import Aggregation
import Detection
import Testing

@Suite("Evenness of a sample")
struct SampledEvennessTests {
    private static func holds(_ condition: String, _ entity: SampledEntity) throws -> Bool {
        let set = try RuleText.set(RuleText.rule(when: condition))
        var evaluator = Evaluator(set, .fingerprint)
        evaluator.begin()
        return evaluator.holds(rule: 0, entity)
    }

    @Test("A sample that has missed the heavy accounts does not make a crowd look even")
    func missedTail() throws {
        // 300 accounts with 4 requests each, and 4 with 1,000 each that are not in the sample.
        let crowd = SampledEntity(requests: 5_200, accounts: 300, sampled: 75, perAccount: 4)
        #expect(try Self.holds("evenness(24h) < 0.15", crowd))
    }

    @Test("Within the error of a sample, evenness is that of the sample")
    func wholeFarm() throws {
        let farm = SampledEntity(requests: 25_000, accounts: 2_048, sampled: 64, perAccount: 10)
        #expect(try Self.holds("evenness(24h) == 1", farm))
    }

    @Test(
        "Equal loads come to 1, however few their requests", arguments: [3, 4, 10, 1000] as [Int64])
    func equalLoads(each: Int64) throws {
        let farm = SampledEntity(
            requests: each * 20, accounts: 20, sampled: 20, perAccount: each)
        #expect(try Self.holds("evenness(24h) == 1", farm))
    }
}

/// A fingerprint with equally loaded sampled accounts, whatever the others have.
private struct SampledEntity: FeatureSource {
    var requests: Int64
    var accounts: Double
    var sampled: Int
    var perAccount: Int64
    var agePanes: UInt32 { 5 }
    var kind: EntityKind { .fingerprint(0) }

    func sum(measure: Int, window: UInt32) -> Int64 { requests }
    func distinct(dimension: Int, window: UInt32) -> Double { accounts }
    func loads(dimension: Int, window: UInt32) -> Loads {
        Loads(
            values: accounts, sampled: sampled, sum: Int64(sampled) * perAccount,
            sumOfSquares: Double(sampled) * Double(perAccount * perAccount), largest: perAccount)
    }
    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double { 0 }
    func activeHours(hours: UInt32) -> Int { 0 }
}
