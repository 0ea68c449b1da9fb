import Detection
import Replay
import Testing
import Topology
import YAML

@Suite("What features tell apart, in the engine")
struct FeatureMeaningTests {
    private static let rules = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: test.dispersion
        version: 1
        severity: low
        entity: fingerprint
        kinds: [prompt_template]
        when: requests(1h) >= 60 && dispersion(1h) < 0.5
        description: A dispatcher deals requests out.
        tests:
          - name: a dispatcher deals one out every twenty seconds
            events:
              - repeat: 400
                every: 20s
                set: { account: "a{{i % 40}}", fingerprints.prompt_template: t1 }
            expect: [{ entity: "prompt_template:t1", within: 1h }]
          - name: people come in bursts
            events:
              - { repeat: 60, every: 1s, set: { account: "a{{i % 40}}", fingerprints.prompt_template: t2 } }
              - { repeat: 60, every: 1s, start: 20m, set: { account: "a{{i % 40}}", fingerprints.prompt_template: t2 } }
              - { repeat: 60, every: 1s, start: 50m, set: { account: "a{{i % 40}}", fingerprints.prompt_template: t2 } }
              - { repeat: 60, every: 1s, start: 80m, set: { account: "a{{i % 40}}", fingerprints.prompt_template: t2 } }
            expect: []
          - name: of ten minutes nothing is said
            events:
              - repeat: 60
                every: 8s
                set: { account: "a{{i % 40}}", fingerprints.prompt_template: t3 }
            expect: []
        ---
        apiVersion: stillwatch/v1
        kind: Rule
        id: test.focus
        version: 1
        severity: low
        entity: account
        when: requests(24h) >= 50 && focus(model, 24h) >= 0.95
        description: Three models get all requests.
        tests:
          - name: three models are in focus
            events: [{ repeat: 90, every: 10s, set: { account: a1, model: "m{{i % 3}}" } }]
            expect: [{ entity: "account:a1", within: 1h }]
          - name: twelve are not
            events: [{ repeat: 240, every: 10s, set: { account: a1, model: "m{{i % 12}}" } }]
            expect: []
        """

    @Test("Even dispatch and bursts by dispersion, few values and many by focus")
    func rules() async throws {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "meaning.yaml", text: Self.rules))
        #expect(diagnostics.text == "")
        let runner = RuleTestRunner(PipelineSettings(rules: try RuleSet([])))
        for rule in loader.rules {
            for test in rule.tests {
                let outcome = try await runner.run(test, of: rule)
                #expect(outcome.failures == [], "\(test.name)")
            }
        }
        #expect(loader.rules.map(\.tests.count) == [3, 2])
    }
}
