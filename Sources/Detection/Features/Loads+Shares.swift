import Aggregation

extension Loads {
    /// E = n^2 / (d (F2 - n)), at most 1: 1 for equal loads, small for heavy tails. The n inside the parentheses
    /// takes out the chance variation of counts; loads that vary less than that come to more than 1, and count 1.
    ///
    /// NaN below 3 requests a value, where it says nothing. Of a sample, its own n, d and F2 are used.
    @inline(__always)
    var evenness: Double {
        let own = estimate
        return own > 1 ? 1 : own
    }

    /// Evenness before it is limited to 1.
    @inline(__always)
    private var estimate: Double {
        let n = Double(sum)
        let d = Double(sampled)
        guard sampled > 0, n >= 3 * d, sumOfSquares > n else { return .nan }
        return n * n / (d * (sumOfSquares - n))
    }

    /// The evenness of a dimension every request has a value of, with `requests` in all.
    ///
    /// A sample that happens to miss the few heavy values of a tail looks even. The exact number of requests
    /// tells: where the sample scaled up accounts for less than three quarters of it (its own error is 9 to 12 %
    /// with 128 values), the rest is on values it does not have, and the square of the share, as in n^2, counts.
    @inline(__always)
    func evenness(ofAll requests: Double) -> Double {
        guard values > Double(sampled), requests > 0 else { return evenness }
        let share = Double(sum) * values / (Double(sampled) * requests * 0.75)
        let own = share < 1 ? estimate * share * share : estimate
        return own > 1 ? 1 : own
    }

    /// The largest load by all loads; of a sample, by the sum scaled up to all values. NaN without loads.
    @inline(__always)
    var topShare: Double { share(of: largest) }

    /// The three largest loads by all loads, in the same way.
    var focus: Double { share(of: largest + runnersUp) }

    @inline(__always)
    private func share(of load: Int64) -> Double {
        guard sampled > 0, sum > 0 else { return .nan }
        return Double(load) / (Double(sum) * max(1, values / Double(sampled)))
    }
}

extension Stretches {
    /// The index of dispersion: the variance of the stretches by their mean. 1 where requests come independently of each
    /// other at one rate, more where they come in bursts, less where something deals them out.
    ///
    /// NaN below eight stretches or one request a stretch, where it says nothing.
    var dispersion: Double {
        guard count >= 8, sum >= Int64(count) else { return .nan }
        let n = Double(count)
        let mean = Double(sum) / n
        return (sumOfSquares - Double(sum) * mean) / (n - 1) / mean
    }
}
