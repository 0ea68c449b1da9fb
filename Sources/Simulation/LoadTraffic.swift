import Primitives

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
