import Primitives

/// What a run is made of. Equal scenarios generate equal bytes, on every machine.
public struct Scenario: Equatable, Sendable {
    /// What all randomness follows from.
    public var seed: UInt64
    /// The first moment of the run.
    public var start: EventTime
    /// How long it lasts in milliseconds, over 0.
    public var durationMs: Int64
    /// Who sends the traffic; at most 1,000.
    public var populations: [PopulationSpec]
    /// An event's time is up to this much before its place in the stream, in milliseconds; 0 for
    /// perfect order. No event is older than the newest before it by more.
    public var jitterMs: Int64 = 0
    /// The run ends after so many records; nil for no limit.
    public var eventLimit: Int?
    /// Bad records to plant.
    public var badRecords = BadRecords.none
    /// When a model is released, in milliseconds after the start; nil for never.
    public var releaseMs: Int64?
    /// When an hour begins in which half of all requests fail, in milliseconds after the start.
    public var outageMs: Int64?
    /// Whether answers come with a blob that stands for reasoning, which the next turn presents.
    public var carriesBlobs = false

    /// 2026-06-01T00:00:00Z, a Monday: the start of the presets.
    public static let standardStart = EventTime(ms: 1_780_272_000_000)

    /// A run of `populations`.
    public init(
        seed: UInt64 = 1, start: EventTime = Scenario.standardStart, durationMs: Int64,
        populations: [PopulationSpec]
    ) {
        self.seed = seed
        self.start = start
        self.durationMs = durationMs
        self.populations = populations
    }

    /// Names `preset(named:)` takes.
    public static let presetNames = ["demo", "system-test", "bench"]

    /// The preset called `name`.
    ///
    /// - Throws: `ScenarioError.unknownPreset`.
    public static func preset(named name: String, seed: UInt64 = 1) throws(ScenarioError)
        -> Scenario
    {
        switch name {
        case "demo": return demo(seed: seed)
        case "system-test": return systemTest(seed: seed)
        case "bench": return bench(events: 10_000_000, seed: seed)
        default: throw .unknownPreset(name)
        }
    }

    /// Three days with two farms, every look-alike and ordinary customers: about 1.4 million
    /// events.
    public static func demo(seed: UInt64 = 1) -> Scenario {
        var s1 = PopulationSpec(.s1, accounts: 120, rate: 210)
        s1.startMs = 12 * hourMs
        s1.durationMs = 48 * hourMs
        var s4 = PopulationSpec(.s4, accounts: 2500, rate: 26)
        s4.startMs = 20 * hourMs
        s4.durationMs = 50 * hourMs
        return Scenario(
            seed: seed, durationMs: 72 * hourMs,
            populations: [
                PopulationSpec(.customers, accounts: 20_000, rate: 14),
                PopulationSpec(.bulk, accounts: 5, rate: 4000),
                PopulationSpec(.nat, accounts: 3000, rate: 6),
                PopulationSpec(.ci, accounts: 3, rate: 2000),
                PopulationSpec(.gateway, accounts: 6, rate: 5000),
                PopulationSpec(.harness, accounts: 5000, rate: 12),
                s1, s4,
            ])
    }

    /// 2,000,000 records over about 48 hours: ordinary traffic, every look-alike, two farms, ten
    /// bad records of each kind.
    public static func systemTest(seed: UInt64 = 1) -> Scenario {
        var scenario = demo(seed: seed)
        scenario.durationMs = 48 * hourMs
        scenario.populations[0].accounts = 40_000
        scenario.populations[0].rate = 20.5
        scenario.populations[6].startMs = 6 * hourMs
        scenario.populations[7].startMs = 8 * hourMs
        scenario.badRecords = .each(10)
        scenario.eventLimit = 2_000_000
        return scenario
    }

    /// `events` evenly spaced events of 1 million accounts, over `spanMs` milliseconds or at 250,000 a
    /// second of event time; an account and five fingerprints each, about 600 bytes as JSON.
    public static func bench(
        events: Int, accounts: Int = 1_000_000, spanMs: Int64? = nil, seed: UInt64 = 1
    ) -> Scenario {
        let durationMs = max(1, spanMs ?? Int64(events) / 250)
        let days = Double(durationMs) / 86_400_000
        let load = PopulationSpec(
            .load, accounts: accounts, rate: Double(events) / days / Double(accounts))
        var scenario = Scenario(seed: seed, durationMs: durationMs, populations: [load])
        scenario.eventLimit = events
        return scenario
    }

    static let hourMs: Int64 = 3_600_000

    /// The hour in which requests fail.
    var outage: Range<Int64>? {
        outageMs.map { start.ms + $0..<start.ms + $0 + Self.hourMs }
    }

    /// What labels call the populations: their names, numbered where several have one.
    public var populationNames: [String] {
        populations.indices.map { index in
            let name = populations[index].name
            let namesakes = populations[..<index].count { $0.name == name }
            return namesakes == 0 ? name : "\(name)-\(namesakes + 1)"
        }
    }

    /// Requests the populations will make, without truncation by `eventLimit`; an estimate but for
    /// farms.
    public var expectedEvents: Int {
        badRecords.total + populations.reduce(0) { $0 + requests(of: $1) }
    }

    /// When `population` is at work, within the run; empty when it starts after the end.
    func span(of population: PopulationSpec) -> Range<Int64> {
        let end = start.ms + durationMs
        let from = min(end, start.ms + population.startMs)
        guard let length = population.durationMs else { return from..<end }
        return from..<min(end, from + length)
    }

    /// Requests of `population` in the run.
    func requests(of population: PopulationSpec) -> Int {
        let days = Double(span(of: population).count) / 86_400_000
        return Int((Double(population.accounts) * population.rate * days).rounded())
    }
}
