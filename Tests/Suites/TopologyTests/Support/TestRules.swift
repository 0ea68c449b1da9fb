import Detection
import Primitives
import Topology
import YAML

/// Rules from texts, compiled.
enum TestRules {
    static func set(_ texts: [String], paneWidth: PaneWidth = .standard) throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics, paneWidth: paneWidth)
        for text in texts { loader.load(SourceText(name: "rules.yaml", text: text)) }
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules, paneWidth: paneWidth)
    }

    /// A rule's text; `lines` are appended.
    static func text(
        _ id: String, entity: String = "fingerprint", when: String, _ lines: [String] = []
    ) -> String {
        ([
            "apiVersion: stillwatch/v1", "kind: Rule", "id: \(id)", "version: 1", "severity: high",
            "entity: \(entity)", "when: \(when)", "description: A rule.",
        ] + lines).joined(separator: "\n") + "\n"
    }
}
