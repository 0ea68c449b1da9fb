import Detection
import Events
import Topology

/// Runs the tests inside rules through the same engine that runs live, from decoder to findings.
public struct RuleTestRunner: Sendable {
    /// What came of one test.
    public struct Outcome: Sendable {
        /// The rule's id.
        public var rule: String
        /// The test's name.
        public var test: String
        /// Events the test has.
        public var events: Int
        /// What is wrong, one sentence each; empty when the test passed.
        public var failures: [String]
    }

    private var settings: PipelineSettings

    /// A runner that cuts time, samples and tells customers apart as an engine with these settings does.
    /// Events of tests are written in Stillwatch's own form, whatever that of the input is.
    public init(_ settings: PipelineSettings) {
        self.settings = settings
        self.settings.partitions = 1
        self.settings.evidence = nil
        self.settings.format = .json
        self.settings.fieldMap = FieldMap(.stillwatch)
    }

    /// Runs one test of `rule`, alone and as if active.
    ///
    /// - Throws: `RuleSetError` when the rule by itself is over a limit of the engine, and what `ReplayDriver.run`
    ///   throws.
    public func run(_ test: RuleTest, of rule: Rule) async throws -> Outcome {
        var active = rule
        active.status = .active
        // What such a rule finds goes to campaigns, of which its test knows nothing.
        active.alerts = true
        var settings = settings
        settings.rules = try RuleSet([active], paneWidth: settings.timing.paneWidth)
        let report = try await ReplayDriver(settings).run([RuleTestSource(test)])
        var failures = report.refusals.prefix(3).map { refusal in
            "event \(refusal.letter.offset + 1) is refused: \(refusal.letter.reason.rawValue)"
        }
        failures += test.failures(of: report.findings)
        return Outcome(
            rule: rule.info.id, test: test.name, events: test.eventCount, failures: failures)
    }
}
