import Primitives
import Simulation

/// What a test needs to know of one event.
struct Seen {
    var timeMs: Int64
    var account: String
    var population: Int
}

/// The JSON lines of a run's first `count` records.
func lines(of scenario: Scenario, _ count: Int = .max) -> [[UInt8]] {
    let generator = Generator(scenario)
    var lines: [[UInt8]] = []
    var buffer = ByteBuffer()
    while lines.count < count, generator.next() {
        buffer.removeAll()
        generator.event.writeJSON(into: &buffer)
        lines.append(buffer.array())
    }
    return lines
}

/// The good events of a run.
func events(of scenario: Scenario) -> [Seen] {
    var events: [Seen] = []
    Generator(scenario).forEach { event in
        events.append(
            Seen(
                timeMs: event.time.ms, account: event.accountName, population: event.population))
    }
    return events
}

/// A run of one population, from its specification.
func scenario(_ populations: String..., hours: Double, seed: UInt64 = 7) throws -> Scenario {
    Scenario(
        seed: seed, durationMs: Int64(hours * 3_600_000),
        populations: try populations.map { try PopulationSpec(parsing: $0) })
}

/// n^2 / (d (F2 - n)): 1 for equal loads.
func evenness(_ loads: some Collection<Int>) -> Double {
    let n = Double(loads.reduce(0, +))
    let squares = loads.reduce(0.0) { $0 + Double($1) * Double($1) }
    return n * n / (Double(loads.count) * (squares - n))
}

/// Standard deviation over mean.
func variation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return variance.squareRoot() / mean
}

/// The middle value.
func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

/// Whether `bytes` holds `text`.
func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains(text)
}

/// The values of the texts called `name` at the top of JSON lines.
func members(_ lines: [[UInt8]], _ name: String) -> [String] {
    lines.compactMap { line in
        let text = String(decoding: line, as: UTF8.self)
        guard let at = text.range(of: "\"\(name)\":\"") else { return nil }
        return String(text[at.upperBound...].prefix { $0 != "\"" })
    }
}

/// The values of fingerprints of `kind` in JSON lines.
func fingerprints(_ lines: [[UInt8]], _ kind: String) -> [String] { members(lines, kind) }
