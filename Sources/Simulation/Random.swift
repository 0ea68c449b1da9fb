import Primitives

/// A stream of pseudo-random numbers: splitmix64 (Steele, Lea, Flood 2014), equal for equal seeds
/// on every machine.
struct Random {
    private var state: UInt64

    /// The stream of `seed`; streams of different seeds are independent for our purposes.
    init(seed: UInt64) { state = mix(seed) }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        defer { state &+= 0x9E37_79B9_7F4A_7C15 }
        return mix(state)
    }

    /// Uniform in [0, 1).
    mutating func uniform() -> Double { unit(next()) }

    /// Uniform in 0 ..< `bound`, `bound` > 0.
    mutating func below(_ bound: Int) -> Int { Int(scale(next(), to: UInt64(bound))) }

    /// Exponential with mean 1.
    mutating func exponential() -> Double { -DeterministicMath.ln(1 - uniform()) }

    /// Normal with mean 0 and variance 1 (Marsaglia's polar method, one of the pair).
    mutating func normal() -> Double {
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let s = x * x + y * y
            if s > 0, s < 1 { return x * (-2 * DeterministicMath.ln(s) / s).squareRoot() }
        }
    }

    /// Log-normal with mean 1 and coefficient of variation `cv`.
    mutating func logNormal(cv: Double) -> Double {
        let variance = DeterministicMath.ln(1 + cv * cv)
        return DeterministicMath.exp(normal() * variance.squareRoot() - variance / 2)
    }

    /// Gamma with mean 1 and coefficient of variation `cv` > 0 (Marsaglia and Tsang 2000).
    mutating func gamma(cv: Double) -> Double {
        let shape = 1 / (cv * cv)
        let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            let log = DeterministicMath.ln(1 - uniform())
            guard log < 0.5 * x * x + d - d * v + d * DeterministicMath.ln(v) else { continue }
            guard shape < 1 else { return d * v / shape }
            let boost = DeterministicMath.exp(DeterministicMath.ln(1 - uniform()) / shape)
            return d * v * boost / shape
        }
    }
}

/// The top 53 bits of `bits` as a number in [0, 1).
func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

/// `bits`, uniform over 64 bits, mapped to 0 ..< `bound`.
func scale(_ bits: UInt64, to bound: UInt64) -> UInt64 { bits.multipliedFullWidth(by: bound).high }

/// A choice in 0 ..< `count` from uniform bits, in which early choices are likelier: the density
/// falls like 1 / sqrt(position), so the first tenth takes about 32 %.
func skewed(_ bits: UInt64, count: Int) -> Int {
    let u = unit(bits)
    return min(count - 1, Int(u * u * Double(count)))
}
