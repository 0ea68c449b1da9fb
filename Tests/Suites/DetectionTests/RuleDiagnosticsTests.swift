import Detection
import Testing
import YAML

@Suite("Rule diagnostics")
struct RuleDiagnosticsTests {
    @Test("A good rule is read without complaint")
    func goodRule() throws {
        let (rules, diagnostics) = RuleText.load(DesignExample.text)
        #expect(diagnostics.text == "")
        let rule = try #require(rules.first)
        #expect(rule.info.id == "farm.shared_payment")
        #expect(rule.kinds == ["device", "payment"])
        #expect(
            try RuleSet(rules).rules[0].evidence.map(\.name) == [
                "accounts(24h)", "evenness(24h)", "requests(24h)", "top(account, 10)",
            ])
        #expect(rule.tests.map(\.name) == ["a farm of 20 fires", "one busy customer stays quiet"])
        #expect(rule.tests.map(\.eventCount) == [6000, 9000])
        #expect(rule.lifecycle.cooldownMs == 6 * 3_600_000)
    }

    @Test("An unknown feature is underlined inside the condition, with a suggestion")
    func unknownFeature() {
        let text = RuleText.rule(when: "requests(24h) >= 10 && acounts(24h) >= 15")
        #expect(
            RuleText.complaints(text) == """
                rules.yaml:7:30: error: unknown feature 'acounts'
                 7 | when: requests(24h) >= 10 && acounts(24h) >= 15
                   |                              ^~~~~~~
                   = did you mean 'accounts'?

                """)
    }

    @Test("Errors inside a block scalar point to the right line and column")
    func blockScalar() {
        let text = RuleText.rule(
            when: "|  # a block\n    accounts(24h) >= 15\n      && evenness(24h) >= 1h")
        #expect(
            RuleText.complaints(text) == """
                rules.yaml:9:24: error: >= cannot combine a number and a duration
                 9 |       && evenness(24h) >= 1h
                   |                        ^~
                   = a duration has a unit: 30s, 10m, 24h, 7d

                """)
    }

    @Test("Errors inside folded, quoted and wrapped scalars point to the right place")
    func otherStyles() {
        let cases = [
            (">-\n  accounts(24h) >= 15 &&\n  acounts(1h) > 2", "9:3"),
            ("accounts(24h) >= 15\n  && acounts(1h) > 2", "8:6"),
            ("\"kind == \\\"ip\\\" && acounts(1h) > 2\"", "7:26"),
            ("'kind == ''ip'' && acounts(1h) > 2'", "7:26"),
            ("!!str acounts(1h) > 2", "7:13"),
        ]
        for (when, place) in cases {
            let (_, diagnostics) = RuleText.load(RuleText.rule(when: when))
            let first = diagnostics.errors.first
            #expect(first.map { "\($0.position.line):\($0.position.column)" } == place, "\(when)")
            #expect(first?.message == "unknown feature 'acounts'", "\(when)")
        }
    }

    @Test("One run reports everything that is wrong")
    func severalErrors() {
        let text = RuleText.rule(
            when: "evenes(24h) > 1 || payers(1s) > 2",
            ["severity: hihg", "kinds: [paymet, device]", "for: soon", "suppres: {}"])
        let (_, diagnostics) = RuleText.load(text + "---\n" + RuleText.rule("test.other"))
        #expect(
            diagnostics.errors.map(\.message) == [
                "'severity' must be one of informational, low, medium, high, critical, not 'hihg'",
                "unknown fingerprint kind 'paymet'",
                "'for' must be a duration such as 30s, 10m, 24h or 7d, not 'soon'",
                "unknown key 'suppres' in a rule", "unknown feature 'evenes'",
                "the window is shorter than a pane (10s)",
            ])
    }

    @Test("A rule with an error is left out, the others stay")
    func partialLoad() {
        let (rules, _) = RuleText.load(
            RuleText.rule("test.bad", when: "1") + "---\n" + RuleText.rule("test.good"))
        #expect(rules.map(\.info.id) == ["test.good"])
    }

    @Test("Ids are unique across files")
    func duplicateIDs() {
        let (_, diagnostics) = RuleText.load(RuleText.rule("a.b"), RuleText.rule("a.b"))
        #expect(
            diagnostics.text == """
                rules1.yaml:3:5: error: duplicate rule id 'a.b'
                 3 | id: a.b
                   |     ^~~
                   = the first 'a.b' is at rules.yaml:3:5

                """)
    }

    @Test(
        "Every mistake in a condition has its own message",
        arguments: [
            ("accounts(24h)", "a condition is true or false, this is a number"),
            ("accounts >= 15", "'accounts' needs its arguments"),
            ("accounts(24) >= 15", "this is not a window"),
            ("accounts() >= 15", "wrong number of arguments"),
            ("accounts(36d) >= 15", "the window is longer than 35d"),
            ("hours_active(8d) >= 0.5", "the window of hours_active is 1h ... 7d"),
            ("sum(tokens, 1h) > 1", "unknown measure 'tokens'"),
            ("distinct(templates, 1h) > 1", "unknown dimension 'templates'"),
            (
                "credential_spread(1h) > 1",
                "'credential_spread' is a feature of accounts, not of fingerprints"
            ),
            ("top(account, 10) > 1", "top is evidence, not a number"),
            ("accounts(1h) > 1 and true", "expected an operator, found 'and'"),
            ("accounts(1h) = 1", "'=' is not part of the condition language"),
            ("1 < accounts(1h) < 5", "< cannot combine true or false and a number"),
            ("(accounts(1h) > 1", "expected ')', found the end"),
            ("accounts(1h) > 1)", "expected an operator, found ')'"),
            ("accounts(1h) > \"1\"", "text can only be compared with kind"),
            ("kind > \"ip\"", "kinds have no order: only ==, != and in compare them"),
            ("kind == \"badge\"", "this rule does not apply to the kind 'badge'"),
            ("kind in \"ip\"", "in needs a list: kind in [\"ip\", \"subnet\"]"),
            ("kind in []", "the list is empty"),
            ("kind", "kind can only be compared with text, or with a list by in"),
            ("!accounts(1h)", "! needs true or false, not a number"),
            ("accounts(1h) ? true : false", "? needs true or false before it, not a number"),
            ("true ? 1 : 1h", "both sides of : need one type, not a number and a duration"),
            ("age() > 5", "> cannot combine a duration and a number"),
            ("age() * age() > 1d", "* cannot combine a duration and a duration"),
            ("accounts(1.5h) > 1", "'1.5h' is neither a number nor a duration"),
            ("kind == \"ip", "this text has no closing quote"),
            ("accounts(1h) >", "expected a value, found the end"),
        ])
    func mistakes(condition: String, message: String) {
        let text = RuleText.rule(when: "|\n  \(condition)")
        #expect(RuleText.load(text).diagnostics.errors.map(\.message) == [message])
    }

    @Test(
        "Every mistake in a rule has its own message",
        arguments: [
            ("id: Farm", "'Farm' is not a rule id"),
            ("version: 0", "'version' must be within 1 ... 1000000000, not '0'"),
            ("version: '1'", "'version' must be an integer, not '1'"),
            ("status: on", "'status' must be one of active, shadow, paused, not 'on'"),
            ("apiVersion: v2", "'apiVersion' must be stillwatch/v1, not 'v2'"),
            ("kinds: []", "'kinds' names no kind"),
            ("kinds: [ip, ip]", "'ip' is listed twice"),
            ("attack: [T1234]", "not a MITRE ATLAS technique id"),
            ("suppress: {update_evry: 1m}", "unknown key 'update_evry' in 'suppress'"),
            ("description:", "'description' has no value"),
            ("evidence: [top(account, 0)]", "the count is a whole number of 1 ... 100"),
            (
                "evidence: [accounts(1h) > 1]",
                "evidence is a number, a duration or top(...), this is true or false"
            ),
            ("evidence: [top(account]", "expected ')', found the end"),
            ("tests: [{name: n, events: []}]", "a test needs 'expect'"),
            ("for: 200d", "'for' must be within 0s ... 180d, not '200d'"),
        ])
    func ruleMistakes(line: String, message: String) {
        let text = RuleText.rule("test.rule", [line])
        #expect(RuleText.load(text).diagnostics.errors.map(\.message) == [message])
    }

    @Test("A condition that bounds nothing from below is warned about")
    func openGate() {
        #expect(
            RuleText.complaints(RuleText.rule(when: "evenness(24h) >= 0.5")) == """
                rules.yaml:7:7: warning: this condition is evaluated for every entity
                 7 | when: evenness(24h) >= 0.5
                   |       ^~~~~~~~~~~~~~~~~~~~
                   = ask for a number of requests, accounts or distinct values that must be reached

                """)
    }

    @Test("An empty condition is reported where it stands, in whatever style")
    func emptyCondition() {
        for (text, place) in [("\"\"", "7:8"), ("''", "7:8"), ("\"  \"", "7:9")] {
            let complaints = RuleText.complaints(RuleText.rule(when: text))
            #expect(complaints.hasPrefix("rules.yaml:\(place): error: "), "\(complaints)")
        }
    }

    @Test("Escapes in a quoted condition do not shift the caret")
    func escapes() {
        let text = RuleText.rule(when: #""\u0061ccounts(24h) \x3E= 15\t&&\u0020agee() > 1d""#)
        #expect(
            RuleText.complaints(text) == #"""
                rules.yaml:7:45: error: unknown feature 'agee'
                 7 | when: "\u0061ccounts(24h) \x3E= 15\t&&\u0020agee() > 1d"
                   |                                             ^~~~
                   = did you mean 'age'?

                """#)
    }

    @Test("The feature that is one too many is reported with its line")
    func tooManyFeatures() {
        let windows = (1...17).map { "top_share(model, \($0)h) > 0.5" }
        let text = RuleText.rule(
            "a.b", when: "|\n  requests(1h) >= 1 &&\n  \(windows.joined(separator: " &&\n  "))")
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "rules.yaml", text: text))
        loader.checkLimits()
        // `account` is a dimension of fingerprints in any case.
        let lines = diagnostics.text.split(separator: "\n")
        #expect(
            lines.first
                == "rules.yaml:24:3: error: with this, the rules on fingerprints need over 16 dimensions"
        )
        let sums = (1...16).map { "sum(signals.s\($0), 1h)" }.joined(separator: ", ")
        let evidence = Diagnostics()
        var second = RuleLoader(diagnostics: evidence)
        second.load(
            SourceText(name: "r.yaml", text: RuleText.rule("a.c", ["evidence: [\(sums)]"])))
        second.checkLimits()
        #expect(evidence.errors.map(\.message).first?.hasSuffix("over 16 measures") == true)
        #expect(evidence.text.contains("sum(signals.s16, 1h)"))
    }

    @Test("A kind of one's own needs the prefix fingerprints.")
    func ownKinds() throws {
        #expect(
            RuleText.complaints(RuleText.rule("a.b", ["kinds: [badge]"])).contains(
                "= write fingerprints.badge for a kind of your own"))
        let (rules, diagnostics) = RuleText.load(
            RuleText.rule("a.b", ["kinds: [fingerprints.badge]"]))
        #expect(diagnostics.text == "")
        #expect(rules.first?.kinds == ["badge"])
    }
}
