import Primitives

/// Accounts that send requests in sessions: a cluster process.
///
/// Sessions start as a Poisson process that follows the day curve; each draws its account, its
/// length and its gaps. Memory: 12 bytes an account and 40 bytes an open session.
final class SessionTraffic<P: Persona>: TrafficSource {
    private let persona: P
    private let roster: Roster
    private let rhythm: Rhythm
    private let rates: AccountRates
    private let span: Range<Int64>
    private let variations = QuantileTable(
        knots: (0...10).map { Double($0) / 10 }, values: TraceFit.gapVariations)
    private let variationSeed: UInt64
    private var clock: CurveClock
    private var random: Random
    private var open = MinHeap<Session>()
    private var serial: UInt64
    /// Requests not yet given to a session; only exact populations run out.
    private var unassigned: Int
    private var startMs: Int64 = .max

    /// Sessions open at once; starts beyond send one request.
    private static var openLimit: Int { 1 << 20 }

    init(
        persona: P, roster: Roster, spec: PopulationSpec, span: Range<Int64>, requests: Int,
        seed: UInt64
    ) {
        self.persona = persona
        self.roster = roster
        self.span = span
        rhythm = Rhythm.of(spec)
        rates = AccountRates(
            rhythm: rhythm, accounts: spec.accounts, rate: spec.rate, seed: mix(seed ^ 1))
        random = Random(seed: seed)
        variationSeed = mix(seed ^ 2)
        serial = mix(seed ^ 3)
        clock = CurveClock(span: span, requests: Double(requests), curve: rhythm.curve)
        unassigned = requests
        super.init()
        if !rhythm.isExact { clock.advance(random.exponential() * rates.meanSize) }
        scheduleStart()
        nextMs = startMs
    }

    override func emit(_ event: inout SimulatedEvent) {
        if let first = open.first, first.timeMs <= startMs {
            continueSession(first, &event)
        } else {
            startSession(&event)
        }
        nextMs = min(startMs, open.first?.timeMs ?? .max)
    }

    /// Decides when the next session starts and, for exact populations, how long it is.
    private func scheduleStart() {
        guard !span.isEmpty, unassigned > 0, clock.nowMs < Double(span.upperBound) else {
            startMs = .max
            return
        }
        var ms = Int64(clock.nowMs)
        if rhythm.timerMs > 0 {
            ms = (ms + rhythm.timerMs - 1) / rhythm.timerMs * rhythm.timerMs
        }
        startMs = ms < span.upperBound ? ms : .max
    }

    private func startSession(_ event: inout SimulatedEvent) {
        let seat = rates.starts.index(random.next())
        var size = sessionSize(of: seat)
        if rhythm.isExact {
            size = min(size, unassigned)
            unassigned -= size
        }
        serial &+= 1
        let variant = persona.variant(
            skewed(random.next(), count: persona.variants), session: serial, ms: startMs)
        var session = Session(
            timeMs: startMs, serial: serial, seat: UInt32(seat), left: UInt32(size),
            turn: 0, gapMs: Float(min(rhythm.gapMs, rhythm.sessionMs / Double(size))),
            variation: Float(gapVariation(of: seat)), variant: UInt8(variant))
        send(&session, &event)
        if session.left > 0, open.count < Self.openLimit, move(&session) { open.push(session) }
        clock.advance(rhythm.isExact ? Double(size) : random.exponential() * rates.meanSize)
        scheduleStart()
    }

    private func continueSession(_ first: Session, _ event: inout SimulatedEvent) {
        var session = first
        send(&session, &event)
        if session.left > 0, move(&session) {
            open.replaceFirst(with: session)
        } else {
            open.removeFirst()
        }
    }

    private func send(_ session: inout Session, _ event: inout SimulatedEvent) {
        session.left -= 1
        session.turn += 1
        let variant = Int(session.variant)
        let account = roster.account(
            at: Int(session.seat), ms: session.timeMs, operation: persona.operation(of: variant))
        let request = Request(
            account: account, variant: variant, session: session.serial, turn: Int(session.turn))
        persona.fill(request, &random, into: &event)
    }

    /// Moves a session to its next request; false when that falls after the end.
    private func move(_ session: inout Session) -> Bool {
        let cv = Double(session.variation)
        let gap = rhythm.hasLogNormalGaps ? random.logNormal(cv: cv) : random.gamma(cv: cv)
        session.timeMs += Int64(min(1e9, gap * Double(session.gapMs)))
        if session.timeMs >= span.upperBound {
            guard rhythm.isExact else { return false }
            session.timeMs = span.upperBound - 1
        }
        return true
    }

    private func sessionSize(of seat: Int) -> Int {
        let mean = Double(rates.sizes[seat])
        guard mean > 1 else { return 1 }
        return 1 + Int(min(1e6, random.exponential() * (mean - 1) + random.uniform()))
    }

    private func gapVariation(of seat: Int) -> Double {
        rhythm.gapVariation
            ?? variations.value(at: unit(mix(variationSeed &+ UInt64(seat))))
    }

    override func addFingerprints(account: Int, variant: Int, to event: inout SimulatedEvent) {
        persona.addFingerprints(
            Request(account: account, variant: variant, session: 0, turn: 1), to: &event)
    }

    override var accountCount: Int { roster.accounts }

    override func endMs(of account: Int) -> Int64? { roster.endMs(of: account) }

    override func accountName(_ account: Int) -> String {
        SimulatedEvent.accountName(persona.id(of: account))
    }
}

/// An open session, ordered by when its next request comes.
private struct Session: Comparable {
    var timeMs: Int64
    var serial: UInt64
    var seat: UInt32
    var left: UInt32
    var turn: UInt32
    var gapMs: Float
    var variation: Float
    var variant: UInt8

    static func < (a: Session, b: Session) -> Bool {
        a.timeMs != b.timeMs ? a.timeMs < b.timeMs : a.serial < b.serial
    }
}
