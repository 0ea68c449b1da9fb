/// Figures of ordinary traffic, fitted by `benchmarks/fit/fit_traces.py` to two public traces.
///
/// - ServeGen (Xiang et al., arXiv 2505.09999; github.com/alibaba/ServeGen at f891d11, Apache-2.0),
///   model "m-large": 162 clients of one production model over 14 days. One client carries 16 % of
///   the requests, ten carry 63 %; 46 % are active in under 5 % of ten-minute windows.
/// - Azure LLM inference trace 2023, conversation (Patel et al., Splitwise, ISCA 2024;
///   github.com/Azure/AzurePublicDataset, CC BY 4.0): 19,366 requests of one hour.
///
/// The clients of the first are large (104,450 requests a day on average, none under 26), so
/// populations take its *shape* and scale its mean: that the small customers of an API look like
/// its large ones, only smaller, is an assumption.
enum TraceFit {

    /// Where in the order of clients, smallest first, the rates below stand.
    static let rankKnots = [
        0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75,
        0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 1,
    ]
    /// A client's rate over the mean rate, by rank.
    static let relativeRates = [
        0.001453, 0.005148, 0.00633, 0.009687, 0.01612, 0.02569, 0.03616, 0.04576, 0.05665,
        0.0819, 0.1102, 0.1561, 0.2333, 0.3451, 0.444, 0.5842, 0.8325, 1.172, 1.935, 2.45, 3.915,
        8.053, 8.996, 10.62, 11.09, 26,
    ]
    /// Share of ten-minute windows with a request, by octile of rate, at quantiles 0, 1/4, 1/2,
    /// 3/4, 1.
    static let activeShares: [[Double]] = [
        [0.000496, 0.00186, 0.00248, 0.006696, 0.02331],
        [0.0009921, 0.003844, 0.005704, 0.01687, 0.3403],
        [0.001488, 0.00744, 0.01488, 0.02728, 0.4836],
        [0.002976, 0.008929, 0.04936, 0.07825, 0.5714],
        [0.009425, 0.0475, 0.1808, 0.4138, 0.9593],
        [0.00744, 0.1711, 0.435, 0.6726, 0.9504],
        [0.01141, 0.4622, 0.8812, 0.9539, 1],
        [0.1612, 0.7502, 0.9524, 1, 1],
    ]
    /// The median coefficient of variation of a client's gaps within ten minutes, at quantiles 0
    /// ... 1 in tenths; the top one is 15.6 in the trace and held at 8 here.
    static let gapVariations = [
        0.2416, 0.8668, 0.9834, 1.052, 1.184, 1.452, 1.591, 1.991, 2.677, 5.624, 8,
    ]
    /// Requests by hour of the day over the mean hour.
    static let dayCurve = [
        1, 1, 0.986, 0.861, 0.755, 0.719, 0.731, 0.735, 0.725, 0.841, 1.01, 1.12, 0.986, 0.991,
        1.12, 1.14, 1.25, 1.2, 1.2, 1.23, 1.13, 1.07, 1.16, 1.05,
    ]

    /// Where the token quantiles below stand.
    static let tokenKnots = [
        0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1,
    ]
    /// The median input of a client.
    static let medianInputs: [Double] = [
        14, 18.46, 66, 100.2, 235.8, 317.6, 447.4, 642, 845.8, 1042, 1268, 1895, 2385, 3255,
        4540, 10230,
    ]
    /// An input over its client's median; the top quantile is held at 40.
    static let relativeInputs = [
        0.01, 0.034, 0.215, 0.409, 0.688, 0.877, 0.967, 1, 1.035, 1.161, 1.497, 2.516, 4.516,
        9.415, 21.27, 40,
    ]
    /// The median output of a client.
    static let medianOutputs: [Double] = [
        1, 1, 1, 3, 12, 28, 40.4, 63, 74.8, 100.2, 159.4, 364.8, 542, 675.4, 773.9, 1395,
    ]
    /// An output over its client's median; the top quantile is held at 100.
    static let relativeOutputs = [
        0.01, 0.013, 0.063, 0.229, 0.566, 0.8, 0.948, 1, 1.071, 1.271, 1.8, 4.076, 9.667, 29.67,
        58.5, 100,
    ]
    /// Inputs of conversations.
    static let conversationInputs: [Double] = [
        2, 29, 181, 207, 387, 403, 703, 1020, 1071, 1130, 1315, 2734.5, 4083, 4098, 4142, 14050,
    ]
    /// Outputs of conversations.
    static let conversationOutputs: [Double] = [
        7, 16, 41, 54, 77, 91, 103, 129, 177, 384, 400, 424, 451, 540, 601, 1000,
    ]

    /// The share of windows in which the client at `rank` in [0, 1) is active, from a uniform
    /// number.
    static func activeShare(rank: Double, _ u: Double) -> Double {
        let quantiles = activeShares[min(7, Int(rank * 8))]
        return QuantileTable.interpolate(u, [0, 0.25, 0.5, 0.75, 1], quantiles, logarithmic: true)
    }

    /// The rate of the client at `rank` in [0, 1] over the mean rate.
    static func relativeRate(rank: Double) -> Double {
        QuantileTable.interpolate(rank, rankKnots, relativeRates, logarithmic: true)
    }
}
