import Foundation
import Testing

/// Shapes that gateways, exporters, databases and log shippers write, through the program as a user runs it.
@Suite("Inputs as they come")
struct CasesTests {
    /// One shape: a configuration, the lines of a file, and what is to come of them.
    struct Case: Decodable, Sendable, CustomStringConvertible {
        struct Expectation: Decodable, Sendable {
            /// Requests of each account, and no others.
            var accounts: [String: Int]?
            var input_tokens: Int?
            var errors: Int?
            var throttled: Int?
            var model: String?
            /// Fingerprints that are there, as `kind:value`.
            var values: [String]?
            /// Accounts of a fingerprint.
            var shared: [String: Int]?
            /// Entities that are not there.
            var absent: [String]?
            /// What the summary says of refused records; none where nil.
            var letters: [String]?
            /// The newest event's time.
            var time: String?
            /// What the summary mentions where events come too late.
            var late: String?
        }

        var name: String
        var config: String?
        var lines: [String]
        var expect: Expectation

        var description: String { name }
    }

    static let cases: [Case] = {
        guard let url = Bundle.module.url(forResource: "Cases/inputs", withExtension: "jsonl"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { return [] }
        return text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Case.self, from: Data($0.utf8))
        }
    }()

    private static let rules = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: all.accounts
        version: 1
        status: active
        severity: low
        entity: account
        when: requests(24h) >= 1
        evidence: [requests(24h), sum(input_tokens, 24h), sum(errors, 24h), sum(throttled, 24h), top(model, 1)]
        description: Every account.
        ---
        apiVersion: stillwatch/v1
        kind: Rule
        id: all.prints
        version: 1
        status: active
        severity: low
        entity: fingerprint
        kinds: [ip, asn, card_bin, payment, device, user_agent]
        when: accounts(24h) >= 1
        evidence: [accounts(24h)]
        description: Every fingerprint.
        """

    /// What a run found: the last evidence of each entity.
    private struct Found {
        var evidence: [String: [String: Any]] = [:]
        var summary = ""

        func sum(_ feature: String) -> Int {
            evidence.filter { $0.key.hasPrefix("account:") }.values
                .reduce(0) { $0 + (($1[feature] as? NSNumber)?.intValue ?? 0) }
        }

        func count(_ entity: String, _ feature: String) -> Int? {
            (evidence[entity]?[feature] as? NSNumber)?.intValue
        }
    }

    private func run(_ shape: Case) throws -> Found {
        let scratch = try Scratch()
        try scratch.file("rules.yaml", Self.rules)
        try scratch.file("in.jsonl", shape.lines.joined(separator: "\n") + "\n")
        try scratch.file("config.yaml", (shape.config ?? "{}") + "\n")
        let result = try Program.run([
            "backtest", scratch.path("in.jsonl"), "--config", scratch.path("config.yaml"),
            "--rules", scratch.path("rules.yaml"), "--format", "flat",
        ])
        #expect(result.code == 0, "\(result.errors)")
        var found = Found(summary: result.errors)
        for line in result.lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let finding = object as? [String: Any], let entity = finding["entity"] as? String,
                let evidence = finding["evidence"] as? [String: Any]
            else { continue }
            found.evidence[entity] = evidence
        }
        return found
    }

    @Test("there are cases") func count() { #expect(Self.cases.count >= 29) }

    @Test("each shape gives what its users expect", arguments: cases)
    func shapes(_ shape: Case) throws {
        let found = try run(shape)
        let expected = shape.expect
        let feature = "requests(24h)"
        if let accounts = expected.accounts {
            let counted = found.evidence.keys.filter { $0.hasPrefix("account:") }
            #expect(Set(counted) == Set(accounts.keys.map { "account:\($0)" }))
            for (account, requests) in accounts {
                #expect(found.count("account:\(account)", feature) == requests, "\(account)")
            }
        }
        if let tokens = expected.input_tokens {
            #expect(found.sum("sum(input_tokens, 24h)") == tokens)
        }
        if let errors = expected.errors { #expect(found.sum("sum(errors, 24h)") == errors) }
        if let count = expected.throttled { #expect(found.sum("sum(throttled, 24h)") == count) }
        for value in expected.values ?? [] { #expect(found.evidence[value] != nil, "\(value)") }
        for (value, accounts) in expected.shared ?? [:] {
            #expect(found.count(value, "accounts(24h)") == accounts)
        }
        for entity in expected.absent ?? [] { #expect(found.evidence[entity] == nil, "\(entity)") }
        if let model = expected.model {
            #expect(
                found.evidence.values.contains { "\($0["top(model, 1)"] ?? "")".contains(model) })
        }
        if let time = expected.time { #expect(found.summary.contains("to \(time)\n")) }
        if let late = expected.late { #expect(found.summary.contains(late), "\(found.summary)") }
        for letter in expected.letters ?? [] {
            #expect(found.summary.contains("\(letter)\n"), "\(found.summary)")
        }
        if expected.letters == nil, expected.late == nil {
            #expect(!found.summary.contains("first refused"), "\(found.summary)")
        }
    }
}
