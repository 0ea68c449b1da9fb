/// A shard's numbers: plain integers it alone owns, published per batch.
///
/// An update is an add to an array element; the 25 values take 200 bytes.
public struct Counters: Equatable, Sendable {
    private var values: [Int64]

    /// All zero.
    public init() { values = Array(repeating: 0, count: Metric.allCases.count) }

    /// The value of `metric`.
    public subscript(metric: Metric) -> Int64 {
        get { values[metric.rawValue] }
        set { values[metric.rawValue] = newValue }
    }

    /// Adds `other`'s values; those of gauges too, as each shard reads its own part.
    public mutating func add(_ other: Counters) {
        for index in values.indices { values[index] &+= other.values[index] }
    }
}
