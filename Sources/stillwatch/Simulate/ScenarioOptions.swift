import Configuration
import Primitives
import Simulation

/// The scenario a command line describes.
enum ScenarioOptions {
    /// What describes simulated traffic.
    static let all = [
        Option(
            "seed", .integer("n", 0...Int.max), default: "1",
            help: "What the simulation is drawn from: the same seed, the same events."),
        Option(
            "scenario", .text("name"),
            default: "demo, or none with --population",
            help: "Populations and times to begin with."),
        Option(
            "preset", .choice(Scenario.presetNames),
            help: "The same as --scenario, as it was called."),
        Option(
            "population", .text("kind:name=value,..."), isRepeatable: true,
            help: "Add a population. May be repeated."),
        Option(
            "evasion", .text("e1+e2"), default: "the scenario's own",
            help: "What all farms do to hide, some of e1 to e7."),
        Option(
            "scale", .text("factor"), default: "1",
            help: "Multiplies the accounts of all populations, as a decimal number."),
        Option(
            "hours", .text("n"), default: "the scenario's, or 24",
            help: "Event time simulated, as a decimal number. Cuts the scenario off."),
        Option(
            "days", .text("n"),
            help: "The scenario in so many days: what happens in it moves along."),
        Option(
            "release", .text("span"), default: "the scenario's, or never",
            help: "A model is released so long after the start, as 20d."),
        Option(
            "outage", .text("span"), default: "the scenario's, or never",
            help: "An hour in which half of all requests fail begins so long after the start."),
        Option(
            "start", .text("time"), default: "2026-06-01T00:00:00Z",
            help: "Time of the first event, RFC 3339 in UTC."),
    ]

    /// The options of `simulate`.
    ///
    /// - Throws: `Failure` with 3 for a description that cannot be used.
    static func scenario(_ invocation: Invocation) throws(Failure) -> Scenario {
        do throws(ScenarioError) {
            return try checked(invocation)
        } catch {
            throw Failure(.usage, error.description)
        }
    }

    private static func checked(_ invocation: Invocation) throws(ScenarioError) -> Scenario {
        let seed = UInt64(invocation.integer("seed") ?? 1)
        let name = invocation.value("scenario") ?? invocation.value("preset")
        let texts = invocation.values("population")
        let days = try invocation.value("days").map { text throws(ScenarioError) in
            try number(text, "days", in: 0.001...3650)
        }
        let evasions = try PopulationSpec.Evasions(parsing: invocation.value("evasion") ?? "none")
        let scale = try factor(invocation.value("scale") ?? "1")
        var scenario: Scenario
        if name == nil, !texts.isEmpty {
            scenario = Scenario(
                seed: seed, durationMs: Int64((days ?? 1) * 24 * Double(hourMs)), populations: [])
        } else if name == "bench", let events = invocation.integer("events") {
            // With --hours the events spread over them; without, they come at the scenario's rate.
            scenario = .bench(events: events, spanMs: try span(invocation), seed: seed)
            scenario.scale(by: scale)
        } else {
            scenario = try .named(
                name ?? "demo", scale: scale, days: days, seed: seed, evasions: evasions)
        }
        var added = scenario
        added.populations = []
        for text in texts { added.populations.append(try PopulationSpec(parsing: text)) }
        added.evade(evasions)
        added.scale(by: scale)
        scenario.populations += added.populations
        try adjust(&scenario, invocation)
        return scenario
    }

    private static func adjust(
        _ scenario: inout Scenario, _ invocation: Invocation
    ) throws(ScenarioError) {
        if let span = try span(invocation) { scenario.durationMs = span }
        if let text = invocation.value("start") { scenario.start = try time(text) }
        if let text = invocation.value("release") {
            scenario.releaseMs = try Scenario.duration(parsing: text, parameter: "release")
        }
        if let text = invocation.value("outage") {
            scenario.outageMs = try Scenario.duration(parsing: text, parameter: "outage")
        }
        if scenario.populations.contains(where: { $0.kind == .s6 }) { scenario.carriesBlobs = true }
        if let text = invocation.value("jitter") {
            scenario.jitterMs = try Scenario.duration(parsing: text, parameter: "jitter")
        }
        if let events = invocation.integer("events") { scenario.eventLimit = events }
        if let count = invocation.integer("bad-records") { scenario.badRecords = .each(count) }
    }

    /// Milliseconds of `--hours`; nil without.
    private static func span(_ invocation: Invocation) throws(ScenarioError) -> Int64? {
        guard let text = invocation.value("hours") else { return nil }
        return Int64(try number(text, "hours", in: 0.001...87_600) * Double(hourMs))
    }

    /// The factor of `--scale`.
    static func factor(_ text: String) throws(ScenarioError) -> Double {
        try number(text, "scale", in: 0.001...1000)
    }

    private static let hourMs: Int64 = 3_600_000

    private static func number(
        _ text: String, _ name: String, in range: ClosedRange<Double>
    ) throws(ScenarioError) -> Double {
        guard let number = Double(text), range.contains(number) else {
            throw .badValue(
                text, parameter: name,
                expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func time(_ text: String) throws(ScenarioError) -> EventTime {
        guard let time = TimeText.time(text) else {
            throw .badValue(
                text, parameter: "start", expected: "a UTC time such as 2026-01-01T00:00:00Z")
        }
        return time
    }
}
