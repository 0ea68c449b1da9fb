/// When a rule's findings are created, updated and closed. All in milliseconds of event time.
public struct Lifecycle: Equatable, Sendable {
    /// How long the condition must hold before a finding is created (`for`).
    public var holdMs: Int64 = 0
    /// How long it must not have held before the finding closes (`keep_firing_for`).
    public var keepMs: Int64 = 30 * 60_000
    /// The least time between two updates of a finding (`suppress.update_every`).
    public var updateEveryMs: Int64 = 15 * 60_000
    /// How long after a close no finding is created (`suppress.cooldown`).
    public var cooldownMs: Int64 = 6 * 3_600_000

    /// The defaults: 0s, 30m, 15m, 6h.
    public init() {}

    /// A lifecycle with all its parts.
    public init(holdMs: Int64, keepMs: Int64, updateEveryMs: Int64, cooldownMs: Int64) {
        self.holdMs = holdMs
        self.keepMs = keepMs
        self.updateEveryMs = updateEveryMs
        self.cooldownMs = cooldownMs
    }
}
