import Primitives

/// What is asked of a persona: whose request it is, and where it stands in its session.
struct Request {
    var account: Int
    /// Which of the account's identities (device, address, template, ...) the session uses: 0 ..<
    /// 64.
    var variant: Int
    var session: UInt64
    var turn: Int
}

/// Who the accounts of a population are: everything about a request but its time.
///
/// An account's identity is a pure function of (population, account, variant), so that no table of
/// accounts is kept and labels can be computed afterwards from the variants that were used.
protocol Persona {
    /// Variants an account may use, 1 ... 64.
    var variants: Int { get }
    /// The account's id, different for every account of every population.
    func id(of account: Int) -> UInt64
    /// Writes everything but time, session place and fingerprints.
    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent)
    /// Adds the request's fingerprints: those that follow from account and variant.
    func addFingerprints(_ request: Request, to event: inout SimulatedEvent)
    /// Adds fingerprints that follow from more than account and variant, which labels do not tell.
    func addContent(_ request: Request, to event: inout SimulatedEvent)
    /// The variant of a request, from one drawn in 0 ..< `variants`, its session's id and its time.
    func variant(_ drawn: Int, session: UInt64, ms: Int64) -> Int
    /// Which of the operators that share the accounts makes requests of `variant`.
    func operation(of variant: Int) -> Int
}

extension Persona {
    @inline(__always)
    func addContent(_ request: Request, to event: inout SimulatedEvent) {}
    @inline(__always)
    func variant(_ drawn: Int, session: UInt64, ms: Int64) -> Int { drawn }
    @inline(__always)
    func operation(of variant: Int) -> Int { 0 }
}

extension Persona {
    /// Writes all of a request but its time.
    @inline(__always)
    func fill(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        event.accountIndex = request.account
        event.account = id(of: request.account)
        event.variant = UInt8(truncatingIfNeeded: request.variant)
        event.session = mix(request.session)
        event.turn = Int32(truncatingIfNeeded: request.turn)
        event.endUser = 0
        describe(request, &random, into: &event)
        event.request = random.next()
        event.removeFingerprints()
        addFingerprints(request, to: &event)
        addContent(request, to: &event)
    }
}

/// Hashes that stand for the attributes of one population's members.
struct Attributes {
    private let base: UInt64

    init(seed: UInt64, population: Int) {
        base = mix(mix(seed) &+ UInt64(truncatingIfNeeded: population) &* 0xD134_2543_DE82_EF95)
    }

    /// 64 uniform bits for attribute `salt` of member `n`.
    @inline(__always)
    func bits(_ n: Int, _ salt: UInt64) -> UInt64 {
        mix(base &+ UInt64(truncatingIfNeeded: n) &* 0x9E37_79B9_7F4A_7C15 ^ salt << 48)
    }

    /// A fingerprint number that no other population uses.
    @inline(__always)
    func own(_ n: Int, _ salt: UInt64) -> UInt64 { bits(n, salt) | 1 << 32 }

    /// A number in 0 ..< `count`.
    @inline(__always)
    func choice(_ n: Int, _ salt: UInt64, of count: Int) -> Int {
        Int(scale(bits(n, salt), to: UInt64(count)))
    }

    /// An IPv4 address between 11.0.0.0 and 222.255.255.255.
    @inline(__always)
    func address(_ n: Int, _ salt: UInt64) -> UInt64 {
        let bits = bits(n, salt)
        return (11 + scale(bits, to: 212)) << 24 | bits & 0xFF_FFFF
    }
}

extension SimulatedEvent {
    /// An address, its /24 and its network.
    @inline(__always)
    mutating func add(address: UInt64, network: Int) {
        add(.ip, address)
        add(.subnet, address & ~255)
        add(.asn, UInt64(network))
    }

    /// Status, latency and reasoning tokens that go with the tokens already set.
    mutating func settle(_ random: inout Random) {
        let bits = random.next()
        switch bits & 1023 {
        case 0..<10: status = 429
        case 10..<15: status = 400
        case 15..<18: status = 500
        default: status = 200
        }
        if status != 200 { outputTokens = 0 }
        let spread = Int32(truncatingIfNeeded: bits >> 20 & 511)
        latencyMs = 180 + spread + outputTokens &* 14 + inputTokens / 40
        // The reasoning model thinks about as much as it says.
        reasoningTokens = model == PublicPool.reasoningModel ? outputTokens + spread : 0
    }
}
