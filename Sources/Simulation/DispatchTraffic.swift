/// A farm's dispatcher: requests leave a queue at an even pace and go to the accounts in turn.
final class DispatchTraffic: TrafficSource {
    private let persona: FarmPersona
    private let roster: Roster
    private let seats: Int
    private let stride: Int
    private let longSessions: Bool
    private var clock: EvenClock
    private var random: Random
    private var seat = 0
    private var round = 0
    private let seed: UInt64

    /// Requests in a long session; the other half of the accounts sends single turns.
    private static let longSession = 20

    init(
        persona: FarmPersona, roster: Roster, spec: PopulationSpec, span: Range<Int64>,
        requests: Int, seed: UInt64
    ) {
        self.persona = persona
        self.roster = roster
        self.seed = seed
        seats = spec.accounts
        longSessions = spec.kind != .s1 && spec.kind != .s6
        clock = EvenClock(span: span, count: requests)
        random = Random(seed: seed)
        stride = Self.coprime(to: spec.accounts, near: Int(Double(spec.accounts) * 0.618))
        super.init()
        nextMs = clock.next(place: 0.1 + 0.8 * random.uniform())
    }

    override func emit(_ event: inout SimulatedEvent) {
        let isLong = longSessions && persona.id(of: seat) & 1 == 0
        let part = isLong ? round / Self.longSession : round
        let session = seed ^ UInt64(part) << 32 ^ UInt64(seat)
        let variant = persona.variant(
            random.below(persona.variants), session: session, ms: nextMs)
        let account = roster.account(
            at: seat, ms: nextMs, operation: persona.operation(of: variant))
        let request = Request(
            account: account, variant: variant, session: session,
            turn: isLong ? round % Self.longSession + 1 : 1)
        persona.fill(request, &random, into: &event)
        step()
        nextMs = clock.next(place: 0.1 + 0.8 * random.uniform())
    }

    /// Every seat once a round, neighbours in the round far apart.
    private func step() {
        seat = (seat + stride) % seats
        if seat == 0 { round += 1 }
    }

    override var accountCount: Int { roster.accounts }

    override func endMs(of account: Int) -> Int64? { roster.endMs(of: account) }

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
