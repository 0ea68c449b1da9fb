import Primitives

/// Which account is at work in a seat at a time: where accounts are banned and replaced, or a second
/// pool or a second account takes over.
///
/// A pure function of seed, seat and time. Memory: 4 bytes a seat where accounts are replaced, else
/// none. Accounts are numbered from 0; without replacement an account is its seat.
struct Roster {
    /// Accounts over the whole run.
    let accounts: Int
    private let seats: Int
    private let plan: Plan
    private let span: Range<Int64>
    private let attributes: Attributes

    private enum Plan {
        /// A seat is an account.
        case fixed
        /// A seat's account lasts for a period of the seat's own, within `lives`; the first accounts
        /// of seat s are numbered from `bases[s]` on.
        case replaced(bases: [UInt32], lives: ClosedRange<Int64>)
        /// From `banMs` on, within an hour, a second pool of so many accounts takes over.
        case pools(banMs: Int64, second: Int)
        /// A seat's second account is at work within the span.
        case standby(Range<Int64>)
    }

    private static let hourMs: Int64 = 3_600_000
    private static let dayMs: Int64 = 86_400_000

    /// The roster of `spec`, which works within `span`.
    init(
        spec: PopulationSpec, attributes: Attributes, span: Range<Int64>,
        outage: Range<Int64>? = nil
    ) {
        seats = spec.accounts
        self.span = span
        self.attributes = attributes
        if spec.kind == .failover {
            plan = .standby(outage ?? span.upperBound..<span.upperBound)
            accounts = seats * 2
        } else if spec.kind == .s5 {
            let second = max(1, seats * 7 / 10)
            plan = .pools(banMs: span.lowerBound + Int64(span.count) * 2 / 5, second: second)
            accounts = seats + second
        } else if spec.evasions.contains(.churn) || spec.kind == .s3 {
            let isChurn = spec.evasions.contains(.churn)
            // One in a hundred banned a day: a life of a hundred days, seats evenly through theirs.
            let lives = isChurn ? Self.dayMs...14 * Self.dayMs : 100 * Self.dayMs...100 * Self.dayMs
            var bases: [UInt32] = []
            bases.reserveCapacity(seats)
            var total: UInt32 = 0
            for seat in 0..<seats {
                bases.append(total)
                let (period, phase) = Self.life(attributes, seat, lives)
                total += UInt32((Int64(span.count) + phase) / period) + 1
            }
            plan = .replaced(bases: bases, lives: lives)
            accounts = Int(total)
        } else {
            plan = .fixed
            accounts = seats
        }
    }

    /// The account that takes a request for `seat` at `ms`; while a seat is empty, one nearby does.
    ///
    /// `operation` is which of a shared pool's operators asks, 0 for the farm itself.
    @inline(__always)
    func account(at seat: Int, ms: Int64, operation: Int = 0) -> Int {
        if case .fixed = plan { return seat }
        return replacement(at: seat, ms: ms, operation: operation)
    }

    private func replacement(at seat: Int, ms: Int64, operation: Int) -> Int {
        switch plan {
        case .fixed: return seat
        case .standby(let span): return seat * 2 + (span.contains(ms) ? 1 : 0)
        case .pools(let banMs, let second):
            let ban = banMs + Int64(attributes.choice(seat, 60, of: Int(Self.hourMs)))
            return operation == 0 && ms < ban ? seat : seats + seat % second
        case .replaced(let bases, let lives):
            for step in 0..<64 {
                let seat = (seat + step) % seats
                let (period, phase) = Self.life(attributes, seat, lives)
                let age = ms - span.lowerBound + phase
                let account = Int(bases[seat]) + Int(age / period)
                if age < period || age % period >= vacancy(before: account) { return account }
            }
            return Int(bases[seat])
        }
    }

    /// How long the accounts of `seat` last, and how much of it the first one's had gone.
    private static func life(
        _ attributes: Attributes, _ seat: Int, _ lives: ClosedRange<Int64>
    ) -> (period: Int64, phase: Int64) {
        let width = Int(lives.upperBound - lives.lowerBound) + 1
        let period = lives.lowerBound + Int64(attributes.choice(seat, 61, of: width))
        return (period, Int64(attributes.choice(seat, 62, of: Int(period))))
    }

    /// How long a seat is empty before `account` takes it: five minutes to a day, log-uniform, but no
    /// more than most of a day where lives are short.
    private func vacancy(before account: Int) -> Int64 {
        let u = unit(attributes.bits(account, 63))
        return Int64(300_000 * DeterministicMath.exp(u * 5.3))
    }

    /// When `account` was put to work; the start of the farm for those that were there from the
    /// start.
    func startMs(of account: Int) -> Int64 {
        switch plan {
        case .fixed, .standby, .pools: return span.lowerBound
        case .replaced(let bases, let lives):
            let (seat, generation) = Self.place(of: account, bases)
            guard generation > 0 else { return span.lowerBound }
            let (period, phase) = Self.life(attributes, seat, lives)
            return span.lowerBound + Int64(generation) * period - phase + vacancy(before: account)
        }
    }

    /// When `account` was banned or given up; nil for one that was not within the run.
    func endMs(of account: Int) -> Int64? {
        switch plan {
        case .fixed, .standby: return nil
        case .pools(let banMs, _):
            guard account < seats else { return nil }
            return banMs + Int64(attributes.choice(account, 60, of: Int(Self.hourMs)))
        case .replaced(let bases, let lives):
            let (seat, generation) = Self.place(of: account, bases)
            let (period, phase) = Self.life(attributes, seat, lives)
            let end = span.lowerBound + Int64(generation + 1) * period - phase
            return end < span.upperBound ? end : nil
        }
    }

    /// The seat of `account`, and which of its accounts it is.
    private static func place(of account: Int, _ bases: [UInt32]) -> (seat: Int, generation: Int) {
        var low = 0
        var high = bases.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(bases[middle]) <= account { low = middle } else { high = middle }
        }
        return (low, account - Int(bases[low]))
    }
}
