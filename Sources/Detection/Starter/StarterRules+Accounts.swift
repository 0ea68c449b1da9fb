extension StarterRules {
    /// Single accounts: weak signs, for analysts and as weight in campaigns.
    static let accounts = """
        # One account used from many clients: shared, resold, or a relay.
        apiVersion: stillwatch/v1
        kind: Rule
        id: account.credential_spread
        version: 1
        status: active
        severity: low
        entity: account
        # Fresh addresses and user agents are ordinary for build jobs; their TLS print is not.
        when: requests(24h) >= 100 && distinct(device, 24h) >= 12 && distinct(tls_ja4, 24h) >= 4
        for: 10m
        keep_firing_for: 6h
        suppress: { update_every: 24h, cooldown: 24h }
        evidence: [requests(24h), distinct(device, 24h), distinct(tls_ja4, 24h)]
        attack: [AML.T0012, AML.T0008.005]
        title: One account is used from many different clients
        description: >
          One account was used from at least 12 devices with at least 4 different TLS prints within a day.
        false_positives:
          - A team that shares one key.
          - A gateway that passes its end users' device ids through.
        tests:
          - name: a relayed account fires
            events:
              - repeat: 600
                every: 60s
                set:
                  account: a1
                  fingerprints.device: "d{{i % 30}}"
                  fingerprints.tls_ja4: "t{{i % 6}}"
            expect: [{ entity: "account:a1", within: 6h }]
          - name: a build fleet on one key stays quiet
            events:
              - repeat: 3000
                every: 20s
                set:
                  account: ci1
                  fingerprints.device: "job{{i}}"
                  fingerprints.ip: "10.0.{{i / 250}}.{{i % 250}}"
                  fingerprints.tls_ja4: t1
            expect: []
        ---
        # One account that asks for reasoning, and little else, all day.
        apiVersion: stillwatch/v1
        kind: Rule
        id: account.harvest
        version: 1
        status: active
        severity: low
        entity: account
        when: |
          requests(24h) >= 500 && sum(output_tokens, 24h) >= 500000
            && ratio(signals.reasoning_elicitation, 24h) >= 0.6
        for: 30m
        keep_firing_for: 6h
        suppress: { update_every: 24h, cooldown: 24h }
        evidence:
          - requests(24h)
          - sum(output_tokens, 24h)
          - ratio(signals.reasoning_elicitation, 24h)
          - ratio(single_turn, 24h)
        attack: [AML.T0024.002, AML.T0040]
        title: One account elicits reasoning at volume
        description: >
          One account made at least 500 requests within a day, most of them marked as eliciting reasoning, and
          drew at least half a million output tokens.
        false_positives:
          - A tutor or an evaluation that asks for worked solutions.
          - Authorised synthetic data generation.
        tests:
          - name: steady reasoning elicitation at volume fires
            events:
              - repeat: 1000
                every: 60s
                set: { account: a1, turn: 1, output_tokens: 1500, signals.reasoning_elicitation: true }
            expect: [{ entity: "account:a1", within: 12h }]
          - name: a busy customer who rarely asks for reasoning stays quiet
            events:
              - repeat: 4000
                every: 20s
                set: { account: b1, turn: 3, output_tokens: 900, signals.reasoning_elicitation: false }
              - repeat: 400
                every: 200s
                set: { account: b1, turn: 1, output_tokens: 900, signals.reasoning_elicitation: true }
            expect: []
        """
}
