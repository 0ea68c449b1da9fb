import Detection
import Primitives

/// Several sets of rules in one: their features are kept once, and one reading of the events serves all.
///
/// What a rule finds does not depend on other rules, so running them together is exact. A rule that two sets have with
/// equal digests runs once. Any other rule runs under a name no rule file can have, and `split` gives its findings
/// their own name, and the uid they have when the rule runs alone.
public struct ComparedRules: Sendable {
    /// Where a running rule's findings go.
    private struct Owner: Sendable {
        var set: Int
        var info: RuleInfo
    }

    /// All of them, to compile together.
    public private(set) var rules: [Rule] = []
    private var owners: [String: [Owner]] = [:]
    /// The ids rules run under, by digest.
    private var known: [UInt64: String] = [:]
    private let count: Int

    /// Rules of each set; the first keeps its names.
    public init(_ sets: [[Rule]]) {
        count = sets.count
        for (number, set) in sets.enumerated() {
            for rule in set where rule.status != .paused {
                let owner = Owner(set: number, info: rule.info)
                if let id = known[rule.digest] {
                    owners[id, default: []].append(owner)
                    continue
                }
                var running = rule
                if number > 0 {
                    running.info.id += "@\(number)"
                    // Campaigns are made of what the rules of one set find: those of the first.
                    running.campaign = nil
                }
                known[rule.digest] = running.info.id
                owners[running.info.id] = [owner]
                rules.append(running)
            }
        }
    }

    /// The id under which a rule of one of the sets runs.
    func runningID(of rule: Rule) -> String? { known[rule.digest] }

    /// The findings of each set, in canonical order: those it has when it runs alone.
    public func split(_ findings: [Finding]) -> [[Finding]] {
        var parts = [[Finding]](repeating: [], count: count)
        var isSorted = [Bool](repeating: true, count: count)
        for finding in findings {
            guard let owners = owners[finding.rule.id] else {
                // What is said of campaigns, which are those of the first set.
                parts[0].append(finding)
                continue
            }
            for owner in owners {
                var own = finding
                own.rule = owner.info
                if owner.info.id != finding.rule.id {
                    own.uid = FindingID(
                        rule: owner.info.id, entityKind: finding.entityKind,
                        entityValue: finding.entityValue, start: finding.firstSeen)
                    isSorted[owner.set] = false
                }
                parts[owner.set].append(own)
            }
        }
        for set in parts.indices where !isSorted[set] {
            parts[set].sort {
                ($0.time, $0.uid, $0.sequence) < ($1.time, $1.uid, $1.sequence)
            }
        }
        return parts
    }
}
