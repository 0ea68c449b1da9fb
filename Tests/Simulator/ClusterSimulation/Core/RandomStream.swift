import TestSupport

/// One stream of seeded numbers; each concern has its own, so that a change in one leaves the others alone.
public final class RandomStream {
    private var generator: TestRandom

    /// A stream that gives the same numbers for the same seed and salt.
    public init(seed: UInt64, salt: UInt64) {
        var mixer = TestRandom(seed: seed ^ (salt &* 0xD6E8_FEB8_6659_FD93))
        generator = TestRandom(seed: mixer.next())
    }

    /// The next number.
    public func next() -> UInt64 { generator.next() }

    /// A number in `0 ..< bound`; 0 where that is empty.
    public func below(_ bound: Int) -> Int {
        bound > 0 ? Int(next() % UInt64(bound)) : 0
    }

    /// A number in the range.
    public func pick(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True with this probability.
    public func chance(_ probability: Double) -> Bool {
        guard probability > 0 else { return false }
        return Double(next() >> 11) * 0x1p-53 < probability
    }

    /// One of the elements; nil where there is none.
    public func choose<T>(_ elements: [T]) -> T? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
