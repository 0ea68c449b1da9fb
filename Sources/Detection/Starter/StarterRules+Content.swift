extension StarterRules {
    /// Unrelated accounts that send the same thing.
    static let content = """
        # One prompt frame, system prompt or tool set in the requests of many unrelated accounts.
        apiVersion: stillwatch/v1
        kind: Rule
        id: farm.shared_frame
        version: 1
        status: active
        severity: high
        entity: fingerprint
        kinds: [prompt_template, system_prompt, tool_set]
        # The crowd of a public tool shares its frame too, but is old and heavy-tailed; a customer with many
        # service accounts has one payer. Shaped rates (evenness below 0.65) convict only new accounts.
        when: |
          accounts(24h) >= 40 && payers(24h) >= 3 && requests(24h) >= 300
            && (evenness(24h) >= 0.65 || evenness(24h) >= 0.25 && new_share(24h) >= 0.35)
        for: 10m
        keep_firing_for: 2h
        suppress: { update_every: 6h, cooldown: 6h }
        evidence:
          - accounts(24h)
          - payers(24h)
          - spread(24h)
          - requests(24h)
          - evenness(24h)
          - new_share(24h)
          - ratio(signals.reasoning_elicitation, 24h)
          - top(account, 10)
        attack: [AML.T0024.002, AML.T0040]
        title: Unrelated accounts send one frame with even load
        description: >
          At least 40 accounts with different payers send the same prompt template, system prompt or tool set,
          and their load is evenly balanced, or shaped while many of them are younger than two weeks.
        false_positives:
          - A public tool in its first days, while its users are new to the service as well.
          - A benchmark run by many organisations after the release of a model.
        tests:
          - name: one frame over shared cards fires
            events:
              - repeat: 3000
                every: 20s
                set:
                  account: "a{{i % 60}}"
                  fingerprints.payment: "card{{i % 60 / 20}}"
                  fingerprints.prompt_template: t1
            expect: [{ entity: "prompt_template:t1", within: 6h }]
          - name: isolated identities with shaped rates fire while the accounts are new
            events:
              - repeat: 1000
                every: 60s
                set:
                  account: "a{{i % 50}}"
                  account_created: -4d
                  fingerprints.payment: "card{{i % 50}}"
                  fingerprints.system_prompt: s1
              - repeat: 1500
                every: 40s
                set:
                  account: "a{{i % 10}}"
                  account_created: -4d
                  fingerprints.payment: "card{{i % 10}}"
                  fingerprints.system_prompt: s1
            expect: [{ entity: "system_prompt:s1", within: 12h }]
          - name: the crowd of a public harness stays quiet
            events:
              - repeat: 2000
                every: 40s
                set:
                  account: "c{{i % 400}}"
                  account_created: -200d
                  fingerprints.payment: "own{{i % 400}}"
                  fingerprints.tool_set: h1
              - repeat: 8000
                every: 10s
                set:
                  account: "busy{{i % 5}}"
                  account_created: -200d
                  fingerprints.payment: "busy{{i % 5}}"
                  fingerprints.tool_set: h1
            expect: []
          - name: one customer's service accounts stay quiet
            events:
              - repeat: 3000
                every: 20s
                set:
                  account: "svc{{i % 60}}"
                  fingerprints.payment: corp
                  fingerprints.system_prompt: s2
            expect: []
        """
}
