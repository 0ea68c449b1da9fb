import Primitives

/// Something that sends requests in the order of time.
///
/// A class hierarchy, because a run holds a few sources of different types and calls each through
/// one pointer; there is one dynamic call an event.
class TrafficSource {
    /// When the next request comes, in milliseconds since the epoch; `Int64.max` after the last.
    var nextMs: Int64 = .max

    /// Writes the next request, but for its time, and moves on. Called only before the last.
    func emit(_ event: inout SimulatedEvent) {}

    /// Adds the fingerprints `account` had with `variant`; nothing for sources without labels.
    func addFingerprints(account: Int, variant: Int, to event: inout SimulatedEvent) {}

    /// The name of an account by index.
    func accountName(_ account: Int) -> String { "" }
}

/// Spreads `count` requests evenly over `span`, each within its own slot.
struct EvenClock {
    private let span: Range<Int64>
    private let count: Int
    private let slotMs: Double
    private(set) var issued = 0

    init(span: Range<Int64>, count: Int) {
        self.span = span
        self.count = span.isEmpty ? 0 : count
        slotMs = Double(span.count) / Double(max(1, count))
    }

    /// The time of the next request; `place` in [0, 1) is where in its slot it falls.
    mutating func next(place: Double) -> Int64 {
        guard issued < count else { return .max }
        let offset = (Double(issued) + place) * slotMs
        issued += 1
        return min(span.upperBound - 1, span.lowerBound + Int64(offset))
    }
}

/// Evenly spaced requests of random accounts.
final class LoadTraffic: TrafficSource {
    private let persona: LoadPersona
    private let accounts: Int
    private var clock: EvenClock
    private var random: Random
    private var serial: UInt64

    init(persona: LoadPersona, accounts: Int, span: Range<Int64>, requests: Int, seed: UInt64) {
        self.persona = persona
        self.accounts = accounts
        clock = EvenClock(span: span, count: requests)
        random = Random(seed: seed)
        serial = mix(seed)
        super.init()
        nextMs = clock.next(place: 0.5)
    }

    override func emit(_ event: inout SimulatedEvent) {
        // Mild skew: a tenth of the accounts makes a third of the requests.
        let account = skewed(random.next(), count: accounts)
        serial &+= 1
        let request = Request(account: account, variant: 0, session: serial, turn: 1)
        persona.fill(request, &random, into: &event)
        nextMs = clock.next(place: 0.5)
    }
}

/// A farm's dispatcher: requests leave a queue at an even pace and go to the accounts in turn.
final class DispatchTraffic: TrafficSource {
    private let persona: FarmPersona
    private let accounts: Int
    private let stride: Int
    private let longSessions: Bool
    private var clock: EvenClock
    private var random: Random
    private var account = 0
    private var round = 0
    private let seed: UInt64

    /// Requests in a long session; the other half of the accounts sends single turns.
    private static let longSession = 20

    init(
        persona: FarmPersona, spec: PopulationSpec, span: Range<Int64>, requests: Int, seed: UInt64
    ) {
        self.persona = persona
        self.seed = seed
        accounts = spec.accounts
        longSessions = spec.kind == .s4
        clock = EvenClock(span: span, count: requests)
        random = Random(seed: seed)
        stride = Self.coprime(to: spec.accounts, near: Int(Double(spec.accounts) * 0.618))
        super.init()
        nextMs = clock.next(place: 0.1 + 0.8 * random.uniform())
    }

    override func emit(_ event: inout SimulatedEvent) {
        let isLong = longSessions && persona.id(of: account) & 1 == 0
        let session = isLong ? round / Self.longSession : round
        let request = Request(
            account: account, variant: random.below(persona.variants),
            session: seed ^ UInt64(session) << 32 ^ UInt64(account),
            turn: isLong ? round % Self.longSession + 1 : 1)
        persona.fill(request, &random, into: &event)
        step()
        nextMs = clock.next(place: 0.1 + 0.8 * random.uniform())
    }

    /// Every account once a round, neighbours in the round far apart.
    private func step() {
        account = (account + stride) % accounts
        if account == 0 { round += 1 }
    }

    override func addFingerprints(account: Int, variant: Int, to event: inout SimulatedEvent) {
        persona.addFingerprints(
            Request(account: account, variant: variant, session: 0, turn: 1), to: &event)
    }

    override func accountName(_ account: Int) -> String {
        SimulatedEvent.accountName(persona.id(of: account))
    }

    /// The first number from `near` on that shares no divisor with `count`.
    static func coprime(to count: Int, near: Int) -> Int {
        var candidate = max(1, near)
        while divisor(candidate, count) != 1 { candidate += 1 }
        return candidate
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

/// Planted bad records, evenly spread, the kinds in turn.
final class DefectTraffic: TrafficSource {
    private let persona: LoadPersona
    private var remaining: [(defect: Defect, count: Int)]
    private var clock: EvenClock
    private var random: Random
    private var turn = 0

    init(_ records: BadRecords, persona: LoadPersona, span: Range<Int64>, seed: UInt64) {
        self.persona = persona
        remaining = Defect.allCases.map { ($0, records[$0]) }.filter { $0.1 > 0 }
        clock = EvenClock(span: span, count: records.total)
        random = Random(seed: seed)
        super.init()
        nextMs = clock.next(place: 0.5)
    }

    override func emit(_ event: inout SimulatedEvent) {
        turn = (turn + 1) % remaining.count
        let request = Request(account: turn, variant: 0, session: random.next(), turn: 1)
        persona.fill(request, &random, into: &event)
        event.defect = remaining[turn].defect
        remaining[turn].count -= 1
        if remaining[turn].count == 0 { remaining.remove(at: turn) }
        nextMs = clock.next(place: 0.5)
    }
}
