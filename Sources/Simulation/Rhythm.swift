/// How the accounts of a population spread their requests over time.
struct Rhythm {
    /// How unequal the accounts' rates are.
    enum Rates {
        /// As the clients of the public trace: the top 0.6 % make 16 % of the requests.
        case trace
        /// Log-normal with this coefficient of variation.
        case logNormal(Double)
    }

    /// How requests gather in sessions.
    enum Sessions {
        /// So that accounts are active in the share of ten-minute windows the trace's clients are.
        case trace
        /// Geometric with this mean.
        case mean(Double)
    }

    var rates = Rates.trace
    var sessions = Sessions.trace
    /// Requests by hour of the day over the mean hour.
    var curve = TraceFit.dayCurve
    /// The longest mean gap within a session, in milliseconds.
    var gapMs = 30_000.0
    /// How long a session of many requests lasts on average, in milliseconds.
    var sessionMs = 600_000.0
    /// Coefficient of variation of gaps within a session; nil follows the trace.
    var gapVariation: Double?
    /// Log-normal gaps instead of gamma ones.
    var hasLogNormalGaps = false
    /// Sessions start on multiples of this, in milliseconds; 0 for any time.
    var timerMs: Int64 = 0
    /// The population makes exactly the requests it is asked for, the last at the latest at its
    /// end.
    var isExact = false

    private static let flat = [Double](repeating: 1, count: 24)

    /// The rhythm of the accounts of `spec`. All but the traces' figures are assumptions.
    static func of(_ spec: PopulationSpec) -> Rhythm {
        switch spec.kind {
        case .customers, .nat, .load, .campus, .shared, .failover:
            return Rhythm()
        case .bulk:
            return Rhythm(
                rates: .logNormal(1), sessions: .mean(200), curve: flat, gapMs: 2000,
                gapVariation: 1)
        case .ci:
            return Rhythm(
                rates: .logNormal(0.5), sessions: .mean(25), curve: flat, gapMs: 3000,
                gapVariation: 0.6, timerMs: 900_000)
        case .gateway:
            return Rhythm(rates: .logNormal(0.5), sessions: .mean(3), gapVariation: 1.5)
        case .harness:
            return Rhythm(sessions: .mean(15), sessionMs: 1_800_000, gapVariation: 1.5)
        case .office:
            return Rhythm(rates: .logNormal(1.2), sessions: .mean(8), gapVariation: 1.5)
        case .course:
            return Rhythm(
                rates: .logNormal(0.7), sessions: .mean(12), gapMs: 60_000, gapVariation: 1.2)
        case .evaluations:
            return Rhythm(
                rates: .logNormal(0.8), sessions: .mean(400), curve: flat, gapMs: 1000,
                gapVariation: 0.5, timerMs: 3_600_000)
        case .synthetic:
            return Rhythm(
                rates: .logNormal(0.1), sessions: .mean(500), curve: flat, gapMs: 500,
                gapVariation: 0.5)
        case .trial:
            return Rhythm(rates: .logNormal(0.8), sessions: .mean(8), gapVariation: 1.5)
        case .s1, .s2, .s3, .s4, .s5, .s6:
            return Rhythm(
                rates: .logNormal(1.5), sessions: .mean(6), gapMs: 45_000, gapVariation: 1.5,
                hasLogNormalGaps: true, isExact: true)
        }
    }
}

/// What a rhythm makes of each account: how often it starts sessions, and how long they are.
struct AccountRates {
    /// Draws an account in proportion to the sessions it starts.
    let starts: AliasTable
    /// Mean requests of an account's session.
    let sizes: [Float]
    /// Mean requests of a session, over all.
    let meanSize: Double

    /// Ten-minute windows a day, and how many a session of the trace's kind touches.
    private static let windowsPerDay = 144.0
    private static let windowsPerSession = 2.0

    /// Rates for `accounts` accounts of `rate` requests a day on average.
    init(rhythm: Rhythm, accounts: Int, rate: Double, seed: UInt64) {
        var random = Random(seed: seed)
        // Ranks are scattered over the accounts, so that neighbours are not alike.
        let stride = DispatchTraffic.coprime(to: accounts, near: Int(Double(accounts) * 0.618))
        var ranks = [Double]()
        var relative = [Float]()
        for i in 0..<accounts {
            let place = i * stride % accounts
            let rank = accounts == 1 ? 0.5 : Double(place) / Double(accounts - 1)
            ranks.append(rank)
            switch rhythm.rates {
            case .trace: relative.append(Float(TraceFit.relativeRate(rank: rank)))
            case .logNormal(let cv): relative.append(Float(random.logNormal(cv: cv)))
            }
        }
        let mean = relative.reduce(0.0) { $0 + Double($1) } / Double(accounts)
        var weights = [Float]()
        var sizes = [Float]()
        for i in 0..<accounts {
            let perDay = Double(relative[i]) / mean * rate
            var sessions: Double
            switch rhythm.sessions {
            case .mean(let size): sessions = perDay / size
            case .trace:
                let share = TraceFit.activeShare(rank: ranks[i], random.uniform())
                sessions =
                    -DeterministicMath.ln(1 - min(share, 0.995))
                    * (Self.windowsPerDay / Self.windowsPerSession)
            }
            sessions = min(sessions, perDay)
            weights.append(Float(sessions))
            sizes.append(Float(perDay / sessions))
        }
        let total = weights.reduce(0.0) { $0 + Double($1) }
        meanSize = rate * Double(accounts) / total
        starts = AliasTable(weights: weights)
        self.sizes = sizes
    }
}
