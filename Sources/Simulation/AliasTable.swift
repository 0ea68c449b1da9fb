/// Draws an index with given weights in constant time (Walker's alias method, Vose 1991).
///
/// 8 bytes an index. Draws are exact to 1 / 2^32.
struct AliasTable {
    private var thresholds: [UInt32]
    private var aliases: [UInt32]

    /// A table over `weights`, not negative, at least one of them positive.
    init(weights: [Float]) {
        let count = weights.count
        let total = weights.reduce(0.0) { $0 + Double($1) }
        thresholds = Array(repeating: .max, count: count)
        aliases = (0..<count).map { UInt32($0) }
        var scaled = weights.map { Double($0) * Double(count) / total }
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        while let low = small.popLast(), let high = large.popLast() {
            thresholds[low] = UInt32(scaled[low] * 4_294_967_295)
            aliases[low] = UInt32(high)
            scaled[high] -= 1 - scaled[low]
            if scaled[high] < 1 { small.append(high) } else { large.append(high) }
        }
    }

    /// An index from 64 uniform bits.
    func index(_ bits: UInt64) -> Int {
        let spread = bits.multipliedFullWidth(by: UInt64(thresholds.count))
        let index = Int(spread.high)
        return UInt32(truncatingIfNeeded: spread.low >> 32) <= thresholds[index]
            ? index : Int(aliases[index])
    }
}
