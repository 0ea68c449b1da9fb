import Primitives

/// Accounts of one distillation farm.
///
/// What ties them is set by `PopulationSpec` (accounts a card, templates, ...): assumptions to
/// sweep, as no campaign's disclosure gives them. S1 works from hosting addresses with a TLS print
/// of its own; S4 from residential proxies with the prints of popular SDKs.
struct FarmPersona: Persona {
    let variants: Int
    private let spec: PopulationSpec
    private let attributes: Attributes
    private let startMs: Int64
    private let isSmall: Bool
    private let isIsolated: Bool

    init(spec: PopulationSpec, attributes: Attributes, startMs: Int64) {
        self.spec = spec
        self.attributes = attributes
        self.startMs = startMs
        isSmall = spec.kind == .s1
        isIsolated = spec.evasions.contains(.identityIsolation)
        variants = max(3, min(64, spec.templates))
    }

    func id(of account: Int) -> UInt64 { attributes.bits(account, 0) }

    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        event.organization = attributes.bits(request.account, 1)
        event.apiKey = attributes.bits(request.account, 2)
        event.accountCreatedMs = created(request.account)
        event.plan = 1
        event.accessPath = isSmall ? 0 : UInt8(attributes.choice(request.account, 3, of: 4))
        event.operation = 0
        event.maxTokens = 8192
        let bits = random.next()
        // Seven in eight go to the strongest models.
        event.model = bits & 7 == 0 ? 1 : bits & 8 == 0 ? 0 : 3
        // One frame swept over the abilities that are worth copying.
        event.task = bits >> 8 & 15 < 9 ? 0 : bits >> 12 & 1 == 0 ? 4 : 1
        event.elicitsReasoning = bits >> 16 & 255 < 180
        let history = Int32(truncatingIfNeeded: min(request.turn - 1, 40)) * 900
        event.cachedTokens = history / 2
        event.inputTokens = history + 350 + Int32(random.below(900))
        event.outputTokens = 600 + Int32(random.below(1800))
        event.settle(&random)
    }

    private func created(_ account: Int) -> Int64 {
        let days = isSmall ? 5 : 30
        return startMs - 1 - Int64(attributes.choice(account, 4, of: days * 86_400_000))
    }

    func addFingerprints(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        addIdentity(account, to: &event)
        addClient(account, to: &event)
        addAddress(request, to: &event)
        event.add(.promptTemplate, attributes.own(request.variant % spec.templates, 20))
        event.add(.systemPrompt, attributes.own(0, 21))
        if !isSmall { event.add(.toolSet, attributes.own(0, 22)) }
        event.add(.signupCohort, UInt64(max(0, created(account) / 86_400_000)))
    }

    private func addIdentity(_ account: Int, to event: inout SimulatedEvent) {
        let card = isIsolated ? account : account / spec.accountsPerCard
        event.add(.payment, attributes.own(card, 10))
        // Isolated accounts use virtual cards of one issuer.
        event.add(.cardBin, UInt64(390 + (isIsolated ? 0 : attributes.choice(card, 11, of: 3))))
        let domains = isSmall ? 1 : 40
        let domain = attributes.choice(account, 12, of: domains)
        event.add(
            .emailDomain, isIsolated ? UInt64(domain % 4) : attributes.own(domain, 13))
    }

    private func addClient(_ account: Int, to event: inout SimulatedEvent) {
        let device = isIsolated ? account : account / spec.accountsPerDevice
        event.add(.device, attributes.own(device, 14))
        let agent = isSmall ? 9 : skewed(attributes.bits(account, 15), count: 12)
        if isIsolated {
            event.add(.tls, attributes.own(account, 16))
        } else {
            event.add(.tls, isSmall ? attributes.own(0, 16) : UInt64(agent))
        }
        event.add(.userAgent, UInt64(agent))
    }

    private func addAddress(_ request: Request, to event: inout SimulatedEvent) {
        let place = request.variant % 3
        if isIsolated {
            let network = attributes.choice(request.account, 17, of: PublicPool.networks)
            event.add(address: attributes.address(request.account, 18), network: network)
        } else {
            let exit = attributes.choice(request.account * 3 + place, 19, of: spec.addresses)
            let network = isSmall ? 3 : attributes.choice(exit, 17, of: PublicPool.networks)
            event.add(address: attributes.address(exit, 18), network: network)
        }
    }
}
