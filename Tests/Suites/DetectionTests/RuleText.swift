import Detection
import Primitives
import YAML

/// Rules as texts for tests: a good rule, with lines replaced or added.
enum RuleText {
    /// A whole rule; `lines` replace the lines with the same key or come last.
    static func rule(
        _ id: String = "test.rule", entity: String = "fingerprint",
        when: String = "accounts(24h) >= 15", _ lines: [String] = []
    ) -> String {
        var text = [
            "apiVersion: stillwatch/v1", "kind: Rule", "id: \(id)", "version: 1", "severity: high",
            "entity: \(entity)", "when: \(when)", "description: A rule.",
        ]
        for line in lines {
            let key = line.prefix { $0 != ":" } + ":"
            if let i = text.firstIndex(where: { $0.hasPrefix(key) }) {
                text[i] = line
            } else {
                text.append(line)
            }
        }
        return text.joined(separator: "\n") + "\n"
    }

    /// The rules in `texts`, each a file, and what was reported.
    static func load(_ texts: String...) -> (rules: [Rule], diagnostics: Diagnostics) {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for (i, text) in texts.enumerated() {
            loader.load(SourceText(name: i == 0 ? "rules.yaml" : "rules\(i).yaml", text: text))
        }
        return (loader.rules, diagnostics)
    }

    /// What is reported about `text`.
    static func complaints(_ text: String) -> String { load(text).diagnostics.text }

    /// The set of the rules in `texts`, which are good.
    static func set(_ texts: String..., paneWidth: PaneWidth = .standard) throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics, paneWidth: paneWidth)
        for text in texts { loader.load(SourceText(name: "rules.yaml", text: text)) }
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules, paneWidth: paneWidth)
    }
}
