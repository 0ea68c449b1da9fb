@_spi(Simulation) import Delivery

/// Runs of the program in simulated clusters, by seed.
public enum DeliverySimulation {
    /// What a run came to.
    public struct Result: Sendable {
        /// What was run, in a line.
        public var scenario: String
        /// What is wrong; empty where all is well.
        public var problems: [String]
        /// The numbers of the run.
        public var line: String
        /// In a word, what is wrong.
        public var kind: String
        /// Digest of the run: equal for equal runs.
        public var fingerprint: UInt64
        fileprivate var outcome: Outcome

        /// Whether all is as if nothing had happened.
        public var isGood: Bool { outcome.isGood }
    }

    /// A deliberate bug.
    public struct Bug: Sendable {
        /// Its name.
        public var name: String
        /// What is wrong.
        public var text: String
        /// Why it does no harm; nil where it does.
        public var harmless: String?
    }

    /// Every deliberate bug there is.
    public static var plantedBugs: [Bug] {
        PlantedBug.all.map { Bug(name: $0.name, text: $0.text, harmless: $0.harmless) }
    }

    /// Runs a seed.
    ///
    /// - Parameters:
    ///   - planted: the name of a deliberate bug every instance has.
    ///   - trace: called with every event as text.
    public static func run(
        seed: UInt64, planted: String? = nil, trace: ((String) -> Void)? = nil
    ) throws -> Result {
        let run = try SimulationRun(seed: seed, bug: planted.flatMap { PlantedBug.named($0) })
        run.world.trace.sink = trace
        run.world.trace.isOn = trace != nil
        let outcome = try run.run()
        return Result(
            scenario: run.scenario.text, problems: outcome.problems, line: outcome.line,
            kind: outcome.kind, fingerprint: outcome.fingerprint, outcome: outcome)
    }

    /// The sums of several runs.
    public struct Totals: Sendable {
        /// Runs.
        public var seeds = 0
        /// Of those, runs that went wrong.
        public var wrong = 0
        private var sum = Outcome()

        /// No runs.
        public init() {}

        /// Adds a run.
        public mutating func add(_ result: Result) {
            seeds += 1
            if !result.isGood { wrong += 1 }
            sum.expected += result.outcome.expected
            sum.lost += result.outcome.lost
            sum.doubled += result.outcome.doubled
            sum.different += result.outcome.different
            sum.faults += result.outcome.faults
            sum.restores += result.outcome.restores
            sum.events += result.outcome.events
            sum.campaigns.add(result.outcome.campaigns)
        }

        /// The sums in a line.
        public var line: String { "\(seeds) seeds, \(wrong) wrong, \(sum.line)" }
    }
}

extension Outcome {
    /// The numbers in a line.
    var line: String {
        "\(faults) faults, \(restores) restores from a snapshot, \(expected) findings expected: \(lost) lost, "
            + "\(doubled) doubled, \(different) different; "
            + "\(campaigns.line)\(events) events"
    }

    /// In a word, what is wrong.
    var kind: String {
        if doubled > 0 { return "findings doubled" }
        if lost > 0 { return "findings lost" }
        if different > 0 { return "findings different" }
        if problems.first?.hasPrefix("row of a member") ?? false { return "members different" }
        return String(problems.first?.prefix(90) ?? "")
    }
}
