/// Knows by its name that a value must never be shown.
public enum Secrets {
    /// What stands in a secret's place.
    public static let mask = "***"

    private static let marks = [
        "password", "passphrase", "secret", "token", "credential", "private", ".pem", "jaas",
        "oauthbearer.config",
    ]
    private static let counters = ["_tokens", "tokens_total", "credential_spread"]

    /// True when the value called `name` (a metadata key, an option, a librdkafka property) is a secret.
    ///
    /// Decided by parts of the name, so rather too often; counts of tokens are not secrets.
    public static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        if counters.contains(where: { name.contains($0) }) { return false }
        return marks.contains { name.contains($0) }
    }
}
