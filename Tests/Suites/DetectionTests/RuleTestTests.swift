import Detection
import Primitives
import Testing

@Suite("Tests inside rules")
struct RuleTestTests {
    private func load(_ tests: String) -> (test: RuleTest?, complaints: [String]) {
        let lines = tests.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        let (rules, diagnostics) = RuleText.load(RuleText.rule() + "tests:\n" + lines + "\n")
        return (rules.first?.tests.first, diagnostics.errors.map(\.message))
    }

    @Test("Groups are interleaved by time, and templates follow the index")
    func expansion() throws {
        let (test, complaints) = load(
            """
            - name: n
              events:
                - repeat: 3
                  every: 10s
                  set:
                    account: "a{{i % 2}}"
                    account_created: -3d
                    fingerprints.payment: "p{{(i + 1) * 2}}x"
                    signals.task: coding
                    signals.elicits: true
                - repeat: 2
                  every: 10s
                  start: 5s
                  set: { account: b, output_tokens: "{{i * 100}}", model: m, status: 429 }
              expect: []
            """)
        #expect(complaints == [])
        let events = Array(try #require(test).events)
        let origin = RuleTest.origin.ms
        #expect(events.map { $0.time.ms - origin } == [0, 5000, 10_000, 15_000, 20_000])
        #expect(events.map(\.account) == ["a0", "b", "a1", "b", "a0"])
        #expect(events.map { $0.fingerprints.first?.value } == ["p2x", nil, "p4x", nil, "p6x"])
        #expect(events[0].accountCreated?.ms == origin - 3 * 86_400_000)
        #expect(events[0].signals.map(\.name) == ["task", "elicits"])
        #expect(events[0].signals.map(\.value) == [.text("coding"), .number(1)])
        #expect(events[3].numbers.map(\.value) == [100, 429])
        #expect(events[3].strings.map(\.value) == ["m"])
    }

    @Test(
        "Mistakes in tests are reported",
        arguments: [
            ("account: a, fingerprint.payment: p", "unknown field 'fingerprint.payment'"),
            ("account: a, payment: p", "unknown field 'payment'"),
            ("account: a, fingerprints.paymet: p", "unknown fingerprint kind 'paymet'"),
            ("model: m", "an event needs 'account'"),
            ("account: 'a{{i %}}'", "expected a value, found the end"),
            ("account: 'a{{j}}'", "a template computes whole numbers from i with + - * / %"),
            ("account: 'a{{i'", "{{ without }}"),
            ("account: a, status: ok", "must be a whole number or one {{expression}}"),
            ("account: a, status: '1{{i}}'", "must be a whole number or one {{expression}}"),
        ])
    func mistakes(set: String, message: String) {
        let (_, complaints) = load("- { name: n, events: [{ set: { \(set) } }], expect: [] }")
        #expect(complaints == [message])
    }

    @Test("A kind of one's own has one spelling in a rule, and is expected as findings name it")
    func ownKind() throws {
        let (test, complaints) = load(
            """
            - name: n
              events: [{ set: { account: a, fingerprints.badge: b } }]
              expect: [{ entity: "fingerprints.badge:b" }]
            """)
        #expect(complaints == [])
        #expect(try #require(test).expectations.map(\.entity) == ["badge:b"])
    }

    @Test("Arithmetic in templates cannot crash")
    func hostileTemplates() throws {
        let (test, complaints) = load(
            """
            - name: n
              events:
                - repeat: 2
                  set:
                    account: "{{i / 0}}-{{i % 0}}-{{(0 - 4611686018427387904) * 2 / (0 - 1 - i)}}"
              expect: []
            """)
        #expect(complaints == [])
        #expect(Array(try #require(test).events).count == 2)
    }

    @Test("Too many events are refused")
    func limit() {
        let group = "{ repeat: 3000000, set: { account: a } }"
        let (_, complaints) = load("- { name: n, events: [\(group), \(group)], expect: [] }")
        #expect(complaints == ["a test has at most 5000000 events, not 6000000"])
    }

    @Test("Expectations are compared with findings in words people read")
    func comparison() throws {
        let (loaded, complaints) = load(
            """
            - name: n
              events: [{ set: { account: a } }]
              expect:
                - { entity: "payment:p1", within: 1h }
                - { entity: "payment:p2", status: close }
            """)
        #expect(complaints == [])
        let test = try #require(loaded)
        #expect(
            test.failures(of: []) == [
                "expected create on payment:p1 within 1h, found nothing",
                "expected close on payment:p2, found nothing",
            ])
        let good = [
            finding("p1", .create, 60), finding("p2", .create, 70), finding("p2", .close, 90),
        ]
        #expect(test.failures(of: good) == [])
        let bad = [
            finding("p1", .create, 90), finding("p2", .create, 5), finding("p3", .create, 5),
        ]
        #expect(
            test.failures(of: bad) == [
                "expected create on payment:p1 within 1h, found create (high) after 90m",
                "expected close on payment:p2, found create (high) after 5m",
                "unexpected finding on payment:p3 after 5m",
            ])
    }

    private func finding(_ value: String, _ status: Finding.Status, _ minutes: Int64) -> Finding {
        let time = RuleTest.origin.advanced(byMs: minutes * 60_000)
        return Finding(
            uid: FindingID(high: 0, low: 0),
            rule: RuleInfo(id: "a.b", version: 1, severity: .high, title: "t", description: "d"),
            status: status, entityKind: "payment", entityValue: Array(value.utf8), time: time,
            firstSeen: time, lastSeen: time, evidence: [], sequence: 0)
    }
}
