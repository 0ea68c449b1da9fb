/// A distribution given by quantiles, for drawing from uniform numbers.
///
/// Kept as 1,025 evenly spaced quantiles: a draw is one look-up and one interpolation, 4 KB a
/// table.
struct QuantileTable: Sendable {
    private let values: [Float]

    /// The distribution whose `knots[i]`-quantile is `values[i]`; knots rise from 0 to 1.
    ///
    /// Between knots the quantile is interpolated in its logarithm when `logarithmic`.
    init(knots: [Double], values: [Double], logarithmic: Bool = false) {
        precondition(knots.count == values.count && knots.count >= 2, "a knot for each value")
        self.values = (0...1024).map { step in
            Float(
                Self.interpolate(Double(step) / 1024, knots, values, logarithmic: logarithmic))
        }
    }

    /// The quantile at `u` in [0, 1).
    func value(at u: Double) -> Double {
        let x = u * 1024
        let i = Int(x)
        let low = Double(values[i])
        return low + (x - Double(i)) * (Double(values[i + 1]) - low)
    }

    /// The value at `p` of the curve through (knots, values).
    static func interpolate(
        _ p: Double, _ knots: [Double], _ values: [Double], logarithmic: Bool
    ) -> Double {
        var i = 0
        while i < knots.count - 2, knots[i + 1] < p { i += 1 }
        let t = (p - knots[i]) / (knots[i + 1] - knots[i])
        guard logarithmic else { return values[i] + t * (values[i + 1] - values[i]) }
        let low = DeterministicMath.ln(values[i])
        return DeterministicMath.exp(low + t * (DeterministicMath.ln(values[i + 1]) - low))
    }
}
