import Primitives

/// Accounts for load tests: five fingerprints and little else, as cheap to generate as can be.
struct LoadPersona: Persona {
    let variants = 1
    private let attributes: Attributes
    private let accounts: Int
    private let startMs: Int64

    init(spec: PopulationSpec, attributes: Attributes, startMs: Int64) {
        self.attributes = attributes
        self.startMs = startMs
        accounts = spec.accounts
    }

    func id(of account: Int) -> UInt64 { attributes.bits(account, 0) }

    @inline(__always)
    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        let traits = attributes.bits(request.account, 1)
        let bits = random.next()
        event.organization = traits
        event.apiKey = traits ^ 0x5555_5555_5555_5555
        event.accountCreatedMs = startMs - Int64(traits & 0x7_FFFF_FFFF)
        event.plan = UInt8(traits & 3)
        event.model = UInt8(traits >> 8 & 3)
        event.task = UInt8(bits & 3)
        event.elicitsReasoning = bits >> 8 & 31 == 0
        event.inputTokens = 100 + Int32(bits >> 16 & 2047)
        event.outputTokens = 20 + Int32(bits >> 32 & 1023)
        event.latencyMs = 200 + event.outputTokens &* 14
        event.status = bits >> 48 & 127 == 0 ? 429 : 200
    }

    @inline(__always)
    func addFingerprints(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        let bits = attributes.bits(account, 2)
        event.add(.payment, attributes.own(account, 3))
        event.add(.device, attributes.own(account, 4))
        event.add(.tls, bits % UInt64(PublicPool.tlsPrints))
        // Three accounts an address, two a template.
        event.add(.ip, attributes.address(account / 3, 5))
        event.add(.promptTemplate, attributes.own(account / 2, 6))
    }
}
