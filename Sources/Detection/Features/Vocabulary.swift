import YAML

/// The names rules may use for kinds, measures and dimensions.
public struct Vocabulary: Sendable {
    /// The fingerprint kinds a rule without `kinds` applies to.
    public static let defaultKinds = [
        "payment", "card_bin", "device", "tls_ja4", "ip", "subnet", "asn", "prompt_template",
        "system_prompt", "tool_set", "user_agent", "email_domain", "signup_cohort",
    ]

    /// Measures every event may carry; `signals.<name>` are measures as well.
    public static let measures = [
        "requests", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
        "max_tokens", "latency_ms", "errors", "throttled", "single_turn",
    ]

    /// The dimension of a fingerprint's accounts, and what findings call entities that are accounts.
    public static let account = EntityClass.account.rawValue

    /// The measure of what a model has written.
    public static let outputTokens = "output_tokens"

    /// Dimensions that are not fingerprints; `signals.<name>` are dimensions as well.
    public static let plainDimensions = [
        "organization", "model", "operation", "access_path", "plan", "api_key", "session",
    ]

    /// All fingerprint kinds that may be named without the prefix `fingerprints.`.
    public let kinds: [String]

    /// The default kinds, reasoning blobs, and `extraKinds` of the configuration.
    public init(extraKinds: [String] = []) {
        kinds = Self.defaultKinds + ["reasoning_blob_in", "reasoning_blob_out"] + extraKinds
    }

    static let kindPrefix = "fingerprints."
    static let signalPrefix = "signals."
    /// Measures with this prefix and a dimension's name count the requests that carry the dimension.
    public static let presencePrefix = "with."

    /// The dimension whose requests the measure counts; nil for other measures.
    static func presence(_ measure: String) -> String? {
        measure.hasPrefix(presencePrefix) ? String(measure.dropFirst(presencePrefix.count)) : nil
    }

    /// The kind a rule means by `name`: a known one, or any after `fingerprints.`; nil for others.
    func kind(_ name: String) -> String? {
        if kinds.contains(name) { return name }
        guard name.hasPrefix(Self.kindPrefix) else { return nil }
        let bare = String(name.dropFirst(Self.kindPrefix.count))
        return Self.isName(bare) ? bare : nil
    }

    /// The bare name of the signal that `name` means; nil where it is not `signals.` and a name.
    static func signal(_ name: String) -> String? {
        guard name.hasPrefix(signalPrefix) else { return nil }
        let bare = String(name.dropFirst(signalPrefix.count))
        return isName(bare) ? bare : nil
    }

    /// Whether `name` is `signals.` and a signal's name.
    static func isSignal(_ name: String) -> Bool { signal(name) != nil }

    /// Whether `text` can name a kind or signal: a letter, then letters, digits and `_`, at most 64.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(first | 0x20)
            && text.utf8.allSatisfy {
                letters.contains($0 | 0x20) || digits.contains($0) || $0 == UInt8(ascii: "_")
            }
    }

    /// A hint for an unknown kind `name`.
    func kindNotes(_ name: String) -> [String] {
        let close = suggestionNotes(for: name, among: kinds)
        return close.isEmpty ? ["write fingerprints.\(name) for a kind of your own"] : close
    }
}
