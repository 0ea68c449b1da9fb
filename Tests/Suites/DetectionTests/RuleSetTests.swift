import Aggregation
import Detection
import Primitives
import Testing

@Suite("Rule sets")
struct RuleSetTests {
    @Test("Only what rules and their evidence use is kept")
    func schema() throws {
        let set = try RuleText.set(
            RuleText.rule(
                "a.prints", when: "payers(24h) >= 3 && sum(output_tokens, 1h) > 5",
                ["kinds: [ip, asn]", "evidence: [top(model, 3, 1h), hours_active(24h)]"]),
            RuleText.rule(
                "a.accounts", entity: "account",
                when: "distinct(signals.task, 7d) > 3 && ratio(signals.elicits, 10m) > 0.5"),
            RuleText.rule("a.off", when: "distinct(session, 35d) > 1", ["status: paused"]))
        #expect(set.rules.map(\.info.id) == ["a.accounts", "a.prints"])
        #expect(set.kinds == ["asn", "ip", "payment"])
        #expect(set.signals == ["elicits", "task"])
        #expect(
            set.fingerprintSchema
                == StateSchema(
                    measures: ["requests", "output_tokens"],
                    dimensions: [
                        .init(name: "account", isNamed: false, loadWindow: 0),
                        .init(name: "model", isNamed: true, loadWindow: 360),
                        .init(name: "payment", isNamed: false, loadWindow: 0),
                    ], minWindow: 360, maxWindow: 8640, tracksHours: true))
        #expect(
            set.accountSchema
                == StateSchema(
                    measures: ["requests", "signals.elicits"],
                    dimensions: [.init(name: "signals.task", isNamed: false, loadWindow: 0)],
                    minWindow: 60, maxWindow: 60_480, tracksHours: false))
        #expect(set.ruleIndices(of: .fingerprint(1)) == [1])
        #expect(set.ruleIndices(of: .fingerprint(2)) == [])
        #expect(set.ruleIndices(of: .account) == [0])
        #expect(set.gate(of: .fingerprint(2)) == nil)
    }

    @Test("Loads over several windows are several dimensions; distinct uses the first")
    func severalLoadWindows() throws {
        let set = try RuleText.set(
            RuleText.rule(
                when: "evenness(1h) > 0.5 && evenness(24h) > 0.5 && accounts(7d) > 2",
                ["evidence: [top(account, 5, 24h)]"]))
        #expect(
            set.fingerprintSchema.dimensions == [
                .init(name: "account", isNamed: false, loadWindow: 360),
                .init(name: "account", isNamed: true, loadWindow: 8640),
            ])
    }

    @Test(
        "Gates are the necessary counts of a condition",
        arguments: [
            (
                "requests(24h) >= 3000 && accounts(24h) >= 15",
                Gate(minRequests: 3000, minValues: [(0, 15)])
            ),
            (
                "15 < accounts(1h) && 10 <= requests(1h)",
                Gate(minRequests: 10, minValues: [(0, 15)])
            ),
            ("requests(1h) > 10 || requests(24h) >= 100", Gate(minRequests: 11)),
            ("spread(24h) >= 20", Gate(minValues: [(0, 20), (1, 20)])),
            ("new_accounts(24h) > 4.5", Gate(minValues: [(0, 4)])),
            ("accounts(1h) >= 2 * 4 && accounts(24h) >= 3", Gate(minValues: [(0, 8)])),
            ("accounts(1h) >= 5 || payers(1h) >= 5", Gate()),
            ("!(requests(1h) >= 5)", Gate()),
            ("requests(1h) <= 5", Gate()),
            ("evenness(1h) >= 0.5 && (accounts(1h) > 3 ? true : false)", Gate()),
        ])
    func gates(condition: String, gate: Gate) throws {
        let set = try RuleText.set(RuleText.rule(when: "|\n  \(condition)"))
        #expect(set.rules[0].gate == gate)
    }

    @Test("Windows round up to whole panes, and panes limit windows from below")
    func panes() throws {
        let minute = try #require(PaneWidth(ms: 60_000))
        let text = RuleText.rule(when: "accounts(90s) > 1")
        #expect(try RuleText.set(text, paneWidth: minute).fingerprintSchema.minWindow == 2)
        #expect(throws: (any Error).self) {
            _ = try RuleText.set(RuleText.rule(when: "accounts(30s) > 1"), paneWidth: minute)
        }
    }

    @Test("The digest tells what decides findings from what words them")
    func digests() throws {
        func digest(_ when: String, _ lines: [String] = []) throws -> UInt64 {
            try RuleText.set(RuleText.rule(when: when, lines)).digest
        }
        let one = try digest("accounts(24h) >= 15")
        #expect(try digest("accounts(24h)   >=  5 * 3", ["evidence: [accounts(24h)]"]) == one)
        #expect(try digest("accounts(25h) >= 15", ["evidence: [accounts(24h)]"]) != one)
        #expect(try digest("accounts(24h) >= 15", ["version: 7", "description: Other."]) == one)
        #expect(try digest("accounts(24h) >= 16") != one)
        #expect(try digest("accounts(24h) >= 15", ["for: 1m"]) != one)
        #expect(try digest("accounts(24h) >= 15", ["status: shadow"]) != one)
    }

    @Test("The order of files does not matter")
    func canonical() throws {
        let a = RuleText.rule("a.one", when: "distinct(ip, 1h) > 2")
        let b = RuleText.rule("a.two", when: "distinct(asn, 1h) > 2")
        let (ab, ba) = (try RuleText.set(a, b), try RuleText.set(b, a))
        #expect(ab.digest == ba.digest)
        #expect(ab.fingerprintSchema == ba.fingerprintSchema)
        #expect(ab.rules.map(\.info.id) == ba.rules.map(\.info.id))
    }

    @Test("Threshold edits need nothing more kept; new dimensions and windows do")
    func needs() throws {
        func schema(_ when: String) throws -> StateSchema {
            try RuleText.set(RuleText.rule(when: when, ["kinds: [ip]"])).fingerprintSchema
        }
        let old = try schema("accounts(24h) >= 15 && evenness(24h) > 0.8")
        #expect(try schema("accounts(24h) >= 20 && evenness(24h) > 0.9").needs(beyond: old) == [])
        #expect(
            try schema("accounts(7d) >= 15 && evenness(24h) > 0.8 && payers(1h) > 1")
                .needs(beyond: old) == [
                    "dimension payment is new", "the longest window grew",
                    "the shortest window shrank",
                ])
        let loads = try schema("accounts(24h) >= 15 && evenness(1h) > 0.8")
        #expect(
            loads.needs(beyond: old).first == "dimension account keeps other loads or names")
    }

    @Test("More than 64 kinds are refused")
    func tooManyKinds() throws {
        let kinds = (0..<40).map { "fingerprints.k\($0)" }.joined(separator: ", ")
        let more = (40..<70).map { "fingerprints.k\($0)" }.joined(separator: ", ")
        let (rules, _) = RuleText.load(
            RuleText.rule("a.one", ["kinds: [\(kinds)]"]),
            RuleText.rule("a.two", ["kinds: [\(more)]"]))
        #expect(throws: RuleSetError.tooManyKinds(70)) { _ = try RuleSet(rules) }
    }
}
