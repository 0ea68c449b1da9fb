extension StarterRules {
    /// Accounts that share what identifies or pays for them.
    static let identity = """
        # Accounts that share one payment instrument or one device.
        apiVersion: stillwatch/v1
        kind: Rule
        id: farm.shared_identity
        version: 1
        status: active
        severity: high
        entity: fingerprint
        kinds: [payment, device]
        # An organisation's accounts are as uneven as its people; a dispatcher's are not: 1, and still 0.8 where
        # rates vary by half. A gateway's few accounts are even too, but old, and its users ask for all sorts of
        # things; so a second sign is asked for. Rates shaped like customers' convict only where most requests
        # are marked as eliciting reasoning: a company's new team is young and uneven as well.
        when: |
          accounts(24h) >= 15 && requests(24h) >= 200
            && (evenness(24h) >= 0.7
                && (new_share(24h) >= 0.5 || ratio(signals.reasoning_elicitation, 24h) >= 0.3)
              || evenness(24h) >= 0.2 && ratio(signals.reasoning_elicitation, 24h) >= 0.5)
        for: 5m
        keep_firing_for: 2h
        suppress: { update_every: 6h, cooldown: 6h }
        evidence:
          - accounts(24h)
          - requests(24h)
          - evenness(24h)
          - new_share(24h)
          - ratio(signals.reasoning_elicitation, 24h)
          - top(account, 10)
        attack: [AML.T0024.002, AML.T0021]
        title: Accounts on one card or device work as one
        description: >
          At least 15 accounts that share one payment instrument or one device send nearly the same number of
          requests each, as accounts behind one dispatcher do, and are mostly new or often elicit reasoning; or
          they share the load less evenly while most of their requests elicit reasoning.
        false_positives:
          - A company that pays for service accounts with equal quotas from one card.
          - A class whose accounts are paid for together.
        tests:
          - name: a farm of 20 accounts on one card fires
            events:
              - repeat: 2000
                every: 30s
                set: { account: "a{{i % 20}}", account_created: -4d, fingerprints.payment: p1 }
            expect: [{ entity: "payment:p1", within: 4h }]
          - name: 40 accounts on one device fire
            events:
              - repeat: 2000
                every: 30s
                set: { account: "a{{i % 40}}", account_created: -4d, fingerprints.device: d1 }
            expect: [{ entity: "device:d1", within: 4h }]
          - name: 20 accounts on one card with shaped rates fire where most requests elicit reasoning
            events:
              - repeat: 1000
                every: 60s
                set: { account: "a{{i % 20}}", fingerprints.payment: p4, signals.reasoning_elicitation: true }
              - repeat: 1000
                every: 60s
                set: { account: "a{{i % 4}}", fingerprints.payment: p4, signals.reasoning_elicitation: false }
            expect: [{ entity: "payment:p4", within: 12h }]
          - name: a company whose people work unevenly on one card stays quiet
            events:
              - { repeat: 400, every: 200s, set: { account: "u{{i % 40}}", fingerprints.payment: p2 } }
              - { repeat: 3000, every: 25s, set: { account: "power{{i % 3}}", fingerprints.payment: p2 } }
            expect: []
          - name: a gateway of twenty old and even accounts stays quiet
            events:
              - repeat: 8000
                every: 10s
                set: { account: "g{{i % 20}}", account_created: -400d, fingerprints.payment: p5 }
            expect: []
          - name: a gateway of six busy accounts stays quiet
            events:
              - { repeat: 6000, every: 10s, set: { account: "g{{i % 6}}", fingerprints.payment: p3 } }
            expect: []
        ---
        # Accounts with a card each, all of one issuer: virtual cards.
        apiVersion: stillwatch/v1
        kind: Rule
        id: farm.card_bin
        version: 1
        status: active
        severity: medium
        entity: fingerprint
        kinds: [card_bin]
        # An issuer's ordinary customers are heavy-tailed: evenness up to 0.6 where only a few dozen are active,
        # and at most one request in five elicits reasoning.
        when: |
          accounts(24h) >= 40 && requests(24h) >= 400
            && (evenness(24h) >= 0.75
              || evenness(24h) >= 0.2 && ratio(signals.reasoning_elicitation, 24h) >= 0.4)
        for: 30m
        keep_firing_for: 2h
        suppress: { update_every: 6h, cooldown: 6h }
        evidence:
          - accounts(24h)
          - payers(24h)
          - requests(24h)
          - evenness(24h)
          - new_share(24h)
          - ratio(signals.reasoning_elicitation, 24h)
          - top(account, 10)
        attack: [AML.T0024.002, AML.T0021]
        title: Cards of one issuer behind accounts that work as one
        description: >
          At least 40 accounts whose cards share one issuer prefix carry evenly balanced load, or many of their
          requests elicit reasoning. Virtual cards bought in bulk look like this.
        false_positives:
          - A prepaid card sold with a promotion of the service.
          - A bank much used by students who are tutored with worked reasoning.
        tests:
          - name: virtual cards of one issuer with equal load fire
            events:
              - repeat: 3000
                every: 20s
                set:
                  account: "a{{i % 60}}"
                  fingerprints.payment: "card{{i % 60}}"
                  fingerprints.card_bin: "400001"
            expect: [{ entity: "card_bin:400001", within: 6h }]
          - name: rates shaped like customers' fire where most requests elicit reasoning
            events:
              - repeat: 1500
                every: 40s
                set: { account: "a{{i % 50}}", fingerprints.card_bin: "400002", signals.reasoning_elicitation: true }
              - repeat: 1500
                every: 40s
                set: { account: "a{{i % 10}}", fingerprints.card_bin: "400002", signals.reasoning_elicitation: false }
            expect: [{ entity: "card_bin:400002", within: 12h }]
          - name: an issuer's ordinary customers stay quiet
            events:
              - repeat: 1200
                every: 60s
                set: { account: "c{{i % 300}}", account_created: -300d, fingerprints.card_bin: "411111" }
              - repeat: 4000
                every: 18s
                set: { account: "big{{i % 4}}", account_created: -300d, fingerprints.card_bin: "411111" }
            expect: []
        ---
        # Accounts that signed up alike. Paused: how telling a cohort is depends on what it is derived from (a
        # day alone is not enough), and each kind that is watched costs time for every event.
        apiVersion: stillwatch/v1
        kind: Rule
        id: farm.signup_cohort
        version: 1
        status: paused
        severity: medium
        entity: fingerprint
        kinds: [signup_cohort]
        when: |
          accounts(24h) >= 30 && payers(24h) >= 2 && requests(24h) >= 400
            && evenness(24h) >= 0.7 && new_share(24h) >= 0.8
        for: 30m
        keep_firing_for: 2h
        suppress: { update_every: 6h, cooldown: 6h }
        evidence: [accounts(24h), payers(24h), requests(24h), evenness(24h), new_share(24h), top(account, 10)]
        attack: [AML.T0024.002, AML.T0021]
        title: Accounts that signed up together share their load evenly
        description: >
          At least 30 new accounts of one sign-up cohort with different payers carry evenly balanced load.
        false_positives:
          - A course or a hackathon whose members sign up on one day with equal quotas.
        tests:
          - name: fifty new accounts of one cohort with equal load fire
            events:
              - repeat: 2000
                every: 30s
                set:
                  account: "a{{i % 50}}"
                  account_created: -2d
                  fingerprints.payment: "card{{i % 10}}"
                  fingerprints.signup_cohort: s1
            expect: [{ entity: "signup_cohort:s1", within: 6h }]
          - name: a class without payers stays quiet
            events:
              - repeat: 2000
                every: 30s
                set: { account: "s{{i % 50}}", account_created: -2d, fingerprints.signup_cohort: s2 }
            expect: []
        """
}
