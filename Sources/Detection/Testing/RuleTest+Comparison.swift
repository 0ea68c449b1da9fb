import Primitives
import YAML

extension RuleTest {
    /// What is wrong with the findings of the rule under test, one sentence each; empty when all is well.
    ///
    /// Every expectation needs a finding of that entity and step within its time. A `create` for an entity
    /// nobody expects is a failure; updates and closes of expected entities are free. O(findings x
    /// expectations).
    public func failures(of findings: [Finding]) -> [String] {
        var failures: [String] = []
        for expected in expectations where !findings.contains(where: { Self.meets($0, expected) }) {
            failures.append(miss(expected, among: findings))
        }
        let entities = Set(expectations.map(\.entity))
        for finding in findings where finding.status == .create {
            let entity = Self.entity(of: finding)
            if entities.contains(entity) { continue }
            failures.append("unexpected finding on \(entity) after \(Self.after(finding.time))")
        }
        return failures
    }

    private static func entity(of finding: Finding) -> String {
        finding.entityKind + ":" + String(decoding: finding.entityValue, as: UTF8.self)
    }

    private static func meets(_ finding: Finding, _ expected: Expectation) -> Bool {
        entity(of: finding) == expected.entity && finding.status == expected.status
            && (expected.severity.map { $0 == finding.rule.severity } ?? true)
            && (expected.withinMs.map { finding.time <= origin.advanced(byMs: $0) } ?? true)
    }

    /// Why nothing met the expectation, as near as the findings tell.
    private func miss(_ expected: Expectation, among findings: [Finding]) -> String {
        let within = expected.withinMs.map { " within \(durationText(ms: $0))" } ?? ""
        let wanted = "expected \(expected.status.rawValue) on \(expected.entity)\(within)"
        let same = findings.filter { Self.entity(of: $0) == expected.entity }
        guard let nearest = same.first(where: { $0.status == expected.status }) ?? same.first else {
            let others = Set(findings.map(Self.entity)).sorted().prefix(3).joined(separator: ", ")
            return wanted + (others.isEmpty ? ", found nothing" : ", found only \(others)")
        }
        let severity = nearest.rule.severity.rawValue
        let found = "\(nearest.status.rawValue) (\(severity)) after \(Self.after(nearest.time))"
        return "\(wanted), found \(found)"
    }

    private static func after(_ time: EventTime) -> String {
        durationText(ms: time.ms - origin.ms)
    }
}
