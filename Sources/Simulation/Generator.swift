import Primitives

/// Generates a scenario's records one after the other, in the order they would be written to a log.
///
/// Populations are merged by time through a heap. Nothing is materialised: memory is 12 bytes an
/// account (but of farms that dispatch, and of load), 32 more for each account of a farm or
/// look-alike, and 40 bytes an open session. Use from one task.
public final class Generator {
    /// What is generated.
    public let scenario: Scenario
    /// Records generated so far, bad ones included.
    public private(set) var generated = 0
    /// The current event; set by `next()`.
    public private(set) var event = SimulatedEvent()

    private let sources: [TrafficSource]
    private var order = MinHeap<Turn>()
    private var random: Random
    private(set) var books: [Ledger]
    private var defects = BadRecords.none
    private let limit: Int
    private let world: World

    private struct Turn: Comparable {
        var timeMs: Int64
        var source: Int

        static func < (a: Turn, b: Turn) -> Bool {
            a.timeMs != b.timeMs ? a.timeMs < b.timeMs : a.source < b.source
        }
    }

    /// A generator at the start of `scenario`.
    ///
    /// Takes time and memory in proportion to the accounts: about 0.3 s for a million customers.
    public init(_ scenario: Scenario) {
        precondition(scenario.populations.count <= 1000, "a run has at most 1,000 populations")
        precondition(scenario.durationMs > 0 && scenario.jitterMs >= 0, "time only goes forward")
        precondition(scenario.populations.allSatisfy(\.isSound), "a population's figures")
        self.scenario = scenario
        world = World(scenario)
        limit = scenario.eventLimit ?? .max
        random = Random(seed: scenario.seed ^ 0x6A77)
        var sources = scenario.populations.indices.map { Self.source(scenario, $0) }
        books = zip(scenario.populations, sources).map { spec, source in
            let isLabelled = spec.kind.isFarm || spec.kind.isLookAlike
            return Ledger(
                accounts: isLabelled ? source.accountCount : 0, startMs: scenario.start.ms,
                durationMs: scenario.durationMs)
        }
        if scenario.badRecords.total > 0 { sources.append(Self.defects(scenario)) }
        self.sources = sources
        for (i, source) in sources.enumerated() where source.nextMs != .max {
            order.push(Turn(timeMs: source.nextMs, source: i))
        }
    }

    /// Generates the next event into `event`; false at the end of the run.
    public func next() -> Bool {
        guard generated < limit, let turn = order.first else { return false }
        let source = sources[turn.source]
        event.defect = nil
        source.emit(&event)
        if source.nextMs == .max {
            order.removeFirst()
        } else {
            order.replaceFirst(with: Turn(timeMs: source.nextMs, source: turn.source))
        }
        generated += 1
        event.recordTime = EventTime(ms: turn.timeMs)
        event.time = jittered(turn.timeMs)
        note(turn.source)
        return true
    }

    private func jittered(_ ms: Int64) -> EventTime {
        guard scenario.jitterMs > 0 else { return EventTime(ms: ms) }
        let delay = Int64(scale(random.next(), to: UInt64(scenario.jitterMs) + 1))
        return EventTime(ms: max(scenario.start.ms, ms - delay))
    }

    private func note(_ source: Int) {
        if let defect = event.defect {
            event.population = -1
            defects[defect] += 1
            switch defect {
            case .timeInPast:
                event.time = EventTime(ms: 31_536_000_000 + event.time.ms % 86_400_000)
            case .timeInFuture: event.time = EventTime(ms: 5_680_281_600_000)
            case .timeAhead: event.time = event.recordTime.advanced(byMs: 3 * 86_400_000)
            default: break
            }
        } else {
            event.population = source
            if world.isEventful {
                world.touch(&event, at: event.recordTime.ms, scenario.populations[source])
            }
            books[source].add(event)
        }
    }

    /// What was generated so far, for the side file of labels.
    public func labels() -> Labels {
        Labels(scenario: scenario, books: books, sources: sources, defects: defects)
    }

    private static func source(_ scenario: Scenario, _ index: Int) -> TrafficSource {
        let spec = scenario.populations[index]
        let seed = mix(scenario.seed &+ UInt64(index) &* 0x9E37_79B9)
        let span = scenario.span(of: spec)
        let requests = scenario.requests(of: spec)
        let attributes = Attributes(seed: scenario.seed, population: index)
        let roster = Roster(
            spec: spec, attributes: attributes, span: span, outage: scenario.outage)
        func sessions(_ persona: some Persona) -> TrafficSource {
            SessionTraffic(
                persona: persona, roster: roster, spec: spec, span: span, requests: requests,
                seed: seed)
        }
        if let style = CustomerPersona.Style(spec.kind) {
            return sessions(
                CustomerPersona(
                    style: style, spec: spec, attributes: attributes, startMs: scenario.start.ms))
        }
        if spec.kind == .load {
            let persona = LoadPersona(
                spec: spec, attributes: attributes, startMs: scenario.start.ms)
            return LoadTraffic(
                persona: persona, accounts: spec.accounts, span: span, requests: requests,
                seed: seed)
        }
        guard spec.kind.isFarm else {
            return sessions(
                CrowdPersona(spec: spec, attributes: attributes, startMs: span.lowerBound))
        }
        let persona = FarmPersona(
            spec: spec, attributes: attributes, startMs: span.lowerBound, roster: roster)
        return spec.evasions.contains(.shapedTiming)
            ? sessions(persona)
            : DispatchTraffic(
                persona: persona, roster: roster, spec: spec, span: span, requests: requests,
                seed: seed)
    }

    private static func defects(_ scenario: Scenario) -> TrafficSource {
        let attributes = Attributes(seed: scenario.seed, population: -1)
        let persona = LoadPersona(
            spec: PopulationSpec(.load), attributes: attributes, startMs: scenario.start.ms)
        // Before the end, so that an event limit does not cut any off.
        let span = scenario.start.ms..<scenario.start.ms + scenario.durationMs * 9 / 10
        return DefectTraffic(
            scenario.badRecords, persona: persona, span: span, seed: mix(scenario.seed ^ 0xBAD))
    }
}
