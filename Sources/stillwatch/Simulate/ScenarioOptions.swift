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
            "preset", .choice(["demo", "system-test", "bench"]),
            default: "demo, or none with --population",
            help: "Populations and times to begin with."),
        Option(
            "population", .text("kind:name=value,..."), isRepeatable: true,
            help: "Add a population. May be repeated."),
        Option(
            "scale", .text("factor"), default: "1",
            help: "Multiplies the accounts of all populations, as a decimal number."),
        Option(
            "hours", .text("n"), default: "the preset's, or 24",
            help: "Event time simulated, as a decimal number."),
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
        let populations = invocation.values("population")
        var scenario: Scenario
        if invocation.value("preset") == nil, !populations.isEmpty {
            scenario = Scenario(seed: seed, durationMs: 24 * hourMs, populations: [])
        } else if invocation.value("preset") == "bench", let events = invocation.integer("events") {
            // With --hours the events spread over them; without, they come at the preset's rate.
            scenario = .bench(events: events, spanMs: try span(invocation), seed: seed)
        } else {
            scenario = try .preset(named: invocation.value("preset") ?? "demo", seed: seed)
        }
        for text in populations {
            scenario.populations.append(try PopulationSpec(parsing: text))
        }
        try adjust(&scenario, invocation)
        return scenario
    }

    private static func adjust(
        _ scenario: inout Scenario, _ invocation: Invocation
    ) throws(ScenarioError) {
        if let text = invocation.value("scale") { scenario.scale(by: try factor(text)) }
        if let span = try span(invocation) { scenario.durationMs = span }
        if let text = invocation.value("start") { scenario.start = try time(text) }
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

extension Scenario {
    /// Multiplies the accounts of every population; rates stay, and what follows from the accounts goes along.
    mutating func scale(by factor: Double) {
        for i in populations.indices {
            let old = populations[i]
            let accounts = max(1, min(50_000_000, Int((Double(old.accounts) * factor).rounded())))
            populations[i].accounts = accounts
            let share = Double(accounts) / Double(old.accounts)
            populations[i].addresses = max(1, Int((Double(old.addresses) * share).rounded()))
        }
        if let limit = eventLimit { eventLimit = max(1, Int(Double(limit) * factor)) }
    }
}
