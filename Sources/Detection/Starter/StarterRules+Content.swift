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
        # A customer with many service accounts has one payer. The crowd of a public tool shares its frame too,
        # but its load is heavy-tailed: evenness of 0.2 to 0.3 over a day, up to 0.75 in the first hour that is
        # seen. A dispatcher's is 1, that of a farm whose rates vary by half 0.8. Rates shaped like customers'
        # (0.25 to 0.5) convict only where most requests are marked as eliciting reasoning, which in crowds
        # are one in ten. Young accounts are no sign here: where events do not say when an account was created,
        # all are young while the engine is.
        when: |
          accounts(24h) >= 20 && payers(24h) >= 3 && requests(24h) >= 300
            && (evenness(24h) >= 0.85
              || evenness(24h) >= 0.2 && ratio(signals.reasoning_elicitation, 24h) >= 0.5)
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
          At least 20 accounts with different payers send the same prompt template, system prompt or tool set,
          and their load is evenly balanced, or shaped while most of their requests elicit reasoning.
        false_positives:
          - A public tool in its first days, while its users are new to the service as well.
          - A benchmark run by many organisations after the release of a model.
          - A public tutor or solver whose users all ask for worked reasoning.
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
          - name: isolated identities with shaped rates fire where most requests elicit reasoning
            events:
              - repeat: 1000
                every: 60s
                set:
                  account: "a{{i % 25}}"
                  account_created: -90d
                  fingerprints.payment: "card{{i % 25}}"
                  fingerprints.system_prompt: s3
                  signals.reasoning_elicitation: true
              - repeat: 1500
                every: 40s
                set:
                  account: "a{{i % 5}}"
                  account_created: -90d
                  fingerprints.payment: "card{{i % 5}}"
                  fingerprints.system_prompt: s3
                  signals.reasoning_elicitation: "{{i % 2}}"
            expect: [{ entity: "system_prompt:s3", within: 12h }]
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
