/// Logarithm and exponential from IEEE additions, multiplications and divisions alone.
///
/// The C library's differ between machines in the last bit; these give the same bits everywhere,
/// which is what makes equal seeds give equal bytes. Relative error about 1e-14 over the ranges
/// used here.
enum DeterministicMath {
    private static let ln2 = 0.693_147_180_559_945_3

    /// The natural logarithm of a normal `x` > 0.
    static func ln(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.414_213_562_373_095 {
            m *= 0.5
            exponent += 1
        }
        // ln m = 2 atanh z, |z| < 0.1716: eleven terms reach the last bits.
        let z = (m - 1) / (m + 1)
        let zz = z * z
        var sum = 0.0
        var odd = 21.0
        while odd >= 1 {
            sum = sum * zz + 1 / odd
            odd -= 2
        }
        return exponent * ln2 + 2 * z * sum
    }

    /// e to the power of `x`; 0 below -700 and capped at e^700.
    static func exp(_ x: Double) -> Double {
        guard x > -700 else { return 0 }
        let bounded = x < 700 ? x : 700
        let k = (bounded / ln2).rounded()
        let r = bounded - k * ln2
        var sum = 1.0
        var n = 15.0
        while n >= 1 {
            sum = 1 + r / n * sum
            n -= 1
        }
        return Double(sign: .plus, exponent: Int(k), significand: 1) * sum
    }
}
