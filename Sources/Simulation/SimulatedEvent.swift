import Primitives

/// One generated request, reused from event to event: read it before asking for the next.
///
/// A plain value of about 450 bytes; copying and writing it allocates nothing.
public struct SimulatedEvent: Sendable {
    /// The event's own time: what the `time` field says.
    public internal(set) var time = EventTime(ms: 0)
    /// When its record was written, never falling from one event to the next.
    public internal(set) var recordTime = EventTime(ms: 0)
    /// The index in `Scenario.populations`; -1 for planted bad records.
    public internal(set) var population = -1
    /// What is wrong with the record, nil for a good one.
    public internal(set) var defect: Defect?

    /// The account's index within its population.
    var accountIndex = 0
    var account: UInt64 = 0
    var request: UInt64 = 0
    var organization: UInt64 = 0
    var apiKey: UInt64 = 0
    var session: UInt64 = 0
    /// 0 where the account serves no end users.
    var endUser: UInt64 = 0
    var accountCreatedMs: Int64 = 0

    var model: UInt8 = 0
    var operation: UInt8 = 0
    var accessPath: UInt8 = 0
    var plan: UInt8 = 0
    var task: UInt8 = 0
    var elicitsReasoning = false
    /// Which of its account's identities the request uses; see `Persona`.
    var variant: UInt8 = 0

    var status: Int32 = 200
    var turn: Int32 = 1
    var inputTokens: Int32 = 0
    var outputTokens: Int32 = 0
    var cachedTokens: Int32 = 0
    var reasoningTokens: Int32 = 0
    var maxTokens: Int32 = 4096
    var latencyMs: Int32 = 0

    var fingerprints = InlineArray<16, SimulatedFingerprint>(
        repeating: SimulatedFingerprint(kind: .payment, number: 0))
    /// Fingerprints the request carries, at most 16.
    public private(set) var fingerprintCount = 0

    /// The account, as events and labels spell it.
    public var accountName: String { Self.accountName(account) }

    /// The fingerprint at `index` in 0 ..< `fingerprintCount`, as events spell it.
    public func fingerprint(at index: Int) -> (kind: String, value: String) {
        precondition(index < fingerprintCount, "no such fingerprint")
        return Self.text(of: fingerprints[index])
    }

    /// The account's name: the key of its records.
    public func writeAccount(into buffer: inout ByteBuffer) {
        let start = buffer.appendUninitialized(Self.accountLength)
        var out = RawWriter(position: buffer.base + start)
        out.put(account: account)
    }

    @inline(__always)
    mutating func removeFingerprints() { fingerprintCount = 0 }

    @inline(__always)
    mutating func add(_ kind: FingerprintKind, _ number: UInt64) {
        fingerprints[fingerprintCount] = SimulatedFingerprint(kind: kind, number: number)
        fingerprintCount += 1
    }

    /// The fingerprints in their order.
    func forEachFingerprint(_ body: (SimulatedFingerprint) -> Void) {
        for i in 0..<fingerprintCount { body(fingerprints[i]) }
    }

    static let accountLength = 21

    static func accountName(_ account: UInt64) -> String {
        var buffer = ByteBuffer(capacity: accountLength)
        var out = RawWriter(position: buffer.base + buffer.appendUninitialized(accountLength))
        out.put(account: account)
        return buffer.string()
    }

    static func text(of fingerprint: SimulatedFingerprint) -> (kind: String, value: String) {
        var buffer = ByteBuffer(capacity: RawWriter.longestFingerprint)
        var out = RawWriter(position: buffer.base)
        out.put(fingerprint)
        _ = buffer.appendUninitialized(out.position - buffer.base)
        return (fingerprint.kind.name.description, buffer.string())
    }
}

extension RawWriter {
    @inline(__always)
    mutating func put(account: UInt64) {
        put("acct_")
        putHex(account)
    }
}
