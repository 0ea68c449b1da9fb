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
