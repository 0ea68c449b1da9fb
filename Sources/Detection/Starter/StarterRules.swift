import YAML

/// The rules that run where the user names none.
///
/// Few and strong: each asks for many accounts on one thing they have no reason to share, and for a second,
/// independent sign: balanced load (`evenness`), unrelated payers, or mostly new accounts. The state they
/// need: fingerprints of six kinds with accounts (loads over 24 h) and payers; two dimensions an account.
public enum StarterRules {
    /// The rule files, by the name diagnostics print.
    public static let files: [(name: String, text: String)] = [
        ("starter/identity.yaml", identity),
        ("starter/content.yaml", content),
        ("starter/accounts.yaml", accounts),
    ]

    /// The rule files as sources for `RuleLoader.load`.
    public static var sources: [SourceText] {
        files.map { SourceText(name: $0.name, text: $0.text) }
    }
}
