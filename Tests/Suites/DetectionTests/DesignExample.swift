/// The example rule of the documentation.
enum DesignExample {
    static let text = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: farm.shared_payment            # stable, dotted, never reused
        version: 3
        status: active                     # active | shadow (own topic) | paused
        severity: high
        entity: fingerprint
        kinds: [payment, device]
        when: accounts(24h) >= 15 && evenness(24h) >= 0.85 && requests(24h) >= 3000
        for: 0s                            # must hold this long
        keep_firing_for: 30m               # then the finding closes
        suppress: { update_every: 15m, cooldown: 6h }
        min_history: 0s
        evidence: [accounts(24h), evenness(24h), requests(24h), top(account, 10)]
        attack: [AML.T0024.002, AML.T0008.005]      # MITRE ATLAS
        description: Accounts that share one payment instrument carry evenly balanced load.
        false_positives: [Reseller with one corporate card]
        tests:
          - name: a farm of 20 fires
            events: [{ repeat: 6000, every: 10s, set: { account: "a{{i % 20}}", fingerprints.payment: p1 } }]
            expect: [{ entity: "payment:p1", within: 24h }]
          - name: one busy customer stays quiet
            events: [{ repeat: 9000, every: 5s, set: { account: b1, fingerprints.payment: p2 } }]
            expect: []
        """
}
