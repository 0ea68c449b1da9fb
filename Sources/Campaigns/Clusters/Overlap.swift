/// What an overlap of two sets of accounts is worth, in integers: the same on every machine.
enum Overlap {
    /// Whether the Wilson lower bound (z = 1.645) of `shared` of `size` is at least a half.
    ///
    /// The bound is at least p where (k - n p)^2 >= z^2 n p (1 - p) and k >= n p; at p = 1/2 that is
    /// (2k - n)^2 >= z^2 n. Three of three pass, two of two do not.
    static func isMost(_ shared: Int, of size: Int) -> Bool {
        let excess = 2 * shared - size
        return excess > 0 && 1000 * excess * excess >= 2706 * size
    }

    /// The logarithm to base 2 of `value` (at least 1) with 16 binary digits behind the point, rounded down.
    static func log2(_ value: Int) -> Int {
        value < logarithms.count ? logarithms[value] : computedLog2(value)
    }

    /// Logarithms of small numbers, which are nearly all that are asked for.
    private static let logarithms = [0] + (1..<4096).map(computedLog2)

    private static func computedLog2(_ value: Int) -> Int {
        let whole = Int.bitWidth - 1 - value.leadingZeroBitCount
        // The mantissa in [1, 2) with 31 digits; squaring it brings out a digit of the logarithm each time.
        var mantissa =
            whole > 31 ? UInt64(value) >> UInt64(whole - 31) : UInt64(value) << UInt64(31 - whole)
        var result = whole
        for _ in 0..<16 {
            mantissa = (mantissa * mantissa) >> 31
            result <<= 1
            if mantissa >= 1 << 32 {
                mantissa >>= 1
                result |= 1
            }
        }
        return result
    }

    /// Bits of improbability that at least `shared` of `size` accounts are among the `larger` of all `population`
    /// accounts by chance: the Chernoff bound, n times the divergence of shared / n from larger / population.
    ///
    /// 0 where the overlap is no more than chance would give.
    static func bits(_ shared: Int, of size: Int, larger: Int, population: Int) -> Int {
        guard larger < population, shared > 0, size > 0, shared <= size,
            shared * population > size * larger
        else { return 0 }
        let logSize = log2(size)
        let logAll = log2(population)
        var sum = shared * (log2(shared) - logSize - log2(larger) + logAll)
        let rest = size - shared
        if rest > 0 { sum += rest * (log2(rest) - logSize - log2(population - larger) + logAll) }
        return max(0, sum >> 16)
    }

    /// The weight of a tie with 20 binary digits behind the point: the part of the smaller set that is shared, the
    /// less the larger the other set is: shared / smaller / log2(1 + larger).
    static func weight(_ shared: Int, smaller: Int, larger: Int) -> Int {
        (((shared << 20) / max(1, smaller)) << 16) / max(1, log2(1 + larger))
    }

    /// `population` rounded down to three binary digits, so that ties are judged anew only when it has really changed.
    static func rounded(_ population: Int) -> Int {
        guard population > 7 else { return population }
        let shift = Int.bitWidth - 3 - population.leadingZeroBitCount
        return (population >> shift) << shift
    }
}
