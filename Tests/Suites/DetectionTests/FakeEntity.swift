import Aggregation
import Primitives

/// An entity whose numbers are hashes of the question: equal questions get equal answers.
struct FakeEntity: FeatureSource {
    var seed: UInt64
    var agePanes: UInt32
    var kind: EntityKind

    init(seed: UInt64, kind: Int = 0) {
        self.seed = seed
        self.kind = .fingerprint(kind)
        agePanes = UInt32(mix(seed ^ 99) % 500_000)
    }

    private func pick(_ tag: UInt64, _ a: Int, _ b: UInt32, below bound: UInt64) -> UInt64 {
        mix(mix(seed ^ tag) ^ UInt64(a) << 32 ^ UInt64(b)) % bound
    }

    func sum(measure: Int, window: UInt32) -> Int64 {
        Int64(pick(1, measure, window, below: measure == 0 ? 3 : 50))
    }

    func distinct(dimension: Int, window: UInt32) -> Double {
        Double(pick(2, dimension, window, below: 30)) * 0.5
    }

    func loads(dimension: Int, window: UInt32) -> Loads {
        let sampled = pick(3, dimension, window, below: 5)
        let loads = (0..<sampled).map { pick(4 + $0, dimension, window, below: 12) + 1 }
        return Loads(
            values: Double(sampled) * 2, sampled: Int(sampled), sum: Int64(loads.reduce(0, +)),
            sumOfSquares: Double(loads.reduce(0) { $0 + $1 * $1 }),
            largest: Int64(loads.max() ?? 0),
            runnersUp: Int64(loads.sorted(by: >).dropFirst().prefix(2).reduce(0, +)))
    }

    func stretches(measure: Int, window: UInt32) -> Stretches {
        var stretches = Stretches(count: Int(pick(40, measure, window, below: 20)))
        for n in 0..<stretches.count {
            stretches.add(Int64(pick(41 + UInt64(n), measure, window, below: 9)))
        }
        return stretches
    }

    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double {
        Double(pick(20, dimension, window ^ youngerThan, below: 10))
    }

    func activeHours(hours: UInt32) -> Int { Int(pick(30, 0, hours, below: UInt64(hours) + 1)) }
}
