import YAML

/// Reads `derive`: which fingerprints are computed from which.
enum Derivations {
    /// Kinds that can be computed, with what they come from.
    static let known = ["subnet": "ip"]

    @Sendable static func assign(
        _ settings: inout Settings, _ node: Node, _ diagnostics: Diagnostics
    ) {
        guard let pairs = node.pairs else {
            return diagnostics.error("'derive' must be a mapping, not \(node.summary)", at: node)
        }
        settings.derive = pairs.compactMap { pair in
            guard let source = known[pair.name] else {
                diagnostics.error(
                    "'\(pair.name)' cannot be derived", at: pair.key,
                    notes: ["what can be derived: subnet: ip"])
                return nil
            }
            guard let text = pair.value.text("'derive.\(pair.name)'", diagnostics) else {
                return nil
            }
            if text == "none" { return nil }
            guard text == source else {
                diagnostics.error(
                    "'\(pair.name)' is derived from \(source), or none", at: pair.value)
                return nil
            }
            return Settings.Derivation(kind: pair.name, source: source)
        }
    }
}
