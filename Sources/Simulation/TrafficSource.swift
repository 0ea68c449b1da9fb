/// Something that sends requests in the order of time.
///
/// A class hierarchy, because a run holds a few sources of different types and calls each through
/// one pointer; there is one dynamic call an event.
class TrafficSource {
    /// When the next request comes, in milliseconds since the epoch; `Int64.max` after the last.
    var nextMs: Int64 = .max

    /// Writes the next request, but for its time, and moves on. Called only before the last.
    func emit(_ event: inout SimulatedEvent) {}

    /// Adds the fingerprints `account` had with `variant`; nothing for sources without labels.
    func addFingerprints(account: Int, variant: Int, to event: inout SimulatedEvent) {}

    /// Accounts over the whole run; 0 for sources without labels.
    var accountCount: Int { 0 }

    /// When an account was banned or given up; nil for one that was not.
    func endMs(of account: Int) -> Int64? { nil }

    /// The name of an account by index.
    func accountName(_ account: Int) -> String { "" }
}
