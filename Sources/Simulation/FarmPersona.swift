import Primitives

/// Accounts of one distillation farm.
///
/// What ties them is set by `PopulationSpec` (accounts a card, templates, ...): assumptions to
/// sweep, as no campaign's disclosure gives them. S1 works from hosting addresses with a TLS print
/// of its own; S3 to S6 from residential proxies with the prints of popular SDKs; S2 has parts of
/// both kinds.
struct FarmPersona: Persona {
    let variants: Int
    private let spec: PopulationSpec
    private let attributes: Attributes
    private let startMs: Int64
    private let roster: Roster
    private let isIsolated: Bool
    private let isStripped: Bool
    /// What resold requests look like: those of customers.
    private let resold: CustomerPersona

    /// Variants from here on are of resold requests.
    private static let firstResold = 32
    /// Variants of each operator of a shared pool.
    private static let variantsPerOperator = 8

    init(spec: PopulationSpec, attributes: Attributes, startMs: Int64, roster: Roster) {
        self.spec = spec
        self.attributes = attributes
        self.startMs = startMs
        self.roster = roster
        isIsolated = spec.evasions.contains(.identityIsolation)
        isStripped = spec.evasions.contains(.stripping)
        variants = max(3, min(64, spec.templates))
        resold = CustomerPersona(
            style: .customer, spec: spec, attributes: attributes, startMs: startMs)
    }

    func id(of account: Int) -> UInt64 { attributes.bits(account, 0) }

    /// Adds to `drawn`, one of the templates, whose request it is: the farm's, an operator's that
    /// shares its accounts, or that of a customer it is resold to.
    func variant(_ drawn: Int, session: UInt64, ms: Int64) -> Int {
        if spec.mix > 0, unit(mix(session ^ 0x5E11)) < spec.mix {
            return Self.firstResold + drawn % Self.firstResold
        }
        switch spec.kind {
        case .s5:
            // Two in six requests are of other operators, who use the second pool all the time.
            let operation = max(0, Int(scale(mix(session ^ 0x0B), to: 6)) - 3)
            return operation * Self.variantsPerOperator + drawn % Self.variantsPerOperator
        case .s6:
            let rounds = Double(ms - startMs) / 86_400_000 * spec.rate
            return min(Self.firstResold - 1, Int(rounds))
        default: return drawn
        }
    }

    func operation(of variant: Int) -> Int {
        spec.kind == .s5 && !isResold(variant) ? variant / Self.variantsPerOperator : 0
    }

    private func isResold(_ variant: Int) -> Bool {
        spec.mix > 0 && variant >= Self.firstResold
    }

    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        if isResold(request.variant) {
            resold.describe(customer(of: request), &random, into: &event)
        }
        event.organization = attributes.bits(request.account, 1)
        event.apiKey = attributes.bits(request.account, 2)
        event.accountCreatedMs = created(request.account)
        event.plan = 1
        event.accessPath =
            switch spec.kind {
            case .s1: 0
            case .s2: UInt8(part(of: request.account) % 4)
            default: UInt8(attributes.choice(request.account, 3, of: 4))
            }
        if isResold(request.variant) { return }
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
        let begun = roster.startMs(of: account)
        // Replacements are bought within two days of their use.
        let days = begun > startMs ? 2 : spec.kind == .s1 ? 5 : 30
        return begun - 1 - Int64(attributes.choice(account, 4, of: days * 86_400_000))
    }

    func addFingerprints(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        if !isStripped {
            addIdentity(account, to: &event)
            addClient(account, to: &event)
        }
        addAddress(request, to: &event)
        if !isResold(request.variant) { addFrame(request, to: &event) }
        if !isStripped {
            event.add(.signupCohort, UInt64(max(0, created(account) / 86_400_000)))
        }
    }

    /// The prompts of the customer a request is resold to.
    func addContent(_ request: Request, to event: inout SimulatedEvent) {
        guard isResold(request.variant) else { return }
        resold.addPrompts(customer(of: request), to: &event)
    }

    /// A request as its customer made it: three times as many customers as accounts, some busier.
    private func customer(of request: Request) -> Request {
        var request = request
        request.account = skewed(mix(request.session ^ 0xC5), count: spec.accounts * 3)
        return request
    }

    private func addIdentity(_ account: Int, to event: inout SimulatedEvent) {
        let card = isIsolated ? account : account / spec.accountsPerCard
        event.add(.payment, attributes.own(card, 10))
        // Isolated accounts use virtual cards of one issuer.
        let issuers = spec.kind == .s2 ? 8 : 3
        event.add(
            .cardBin, UInt64(390 + (isIsolated ? 0 : attributes.choice(card, 11, of: issuers))))
        let domains = spec.kind == .s1 ? 1 : 40
        let domain = attributes.choice(account, 12, of: domains)
        event.add(
            .emailDomain, isIsolated ? UInt64(domain % 4) : attributes.own(domain, 13))
    }

    private func addClient(_ account: Int, to event: inout SimulatedEvent) {
        let device = isIsolated ? account : account / spec.accountsPerDevice
        event.add(.device, attributes.own(device, 14))
        let isHosted = isHosted(account)
        let part = part(of: account)
        let agent = isHosted ? 9 + part : skewed(attributes.bits(account, 15), count: 12)
        if isIsolated {
            event.add(.tls, attributes.own(account, 16))
        } else {
            event.add(.tls, isHosted ? attributes.own(part, 16) : UInt64(agent))
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
            let network =
                isHosted(request.account)
                ? 3 + part(of: request.account)
                : attributes.choice(exit, 17, of: PublicPool.networks)
            event.add(address: attributes.address(exit, 18), network: network)
        }
    }

    private func addFrame(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        let template = request.variant % spec.templates
        let frame = frame(of: request)
        let hasTools = spec.kind != .s1 && (spec.kind != .s2 || frame % 2 == 1)
        if spec.evasions.contains(.paraphrase) {
            event.add(.promptTemplate, attributes.own(account * 64 + template, 24))
            event.add(.systemPrompt, attributes.own(account, 25))
            if hasTools { event.add(.toolSet, attributes.own(account, 26)) }
        } else {
            event.add(.promptTemplate, attributes.own(frame * 64 + template, 20))
            event.add(.systemPrompt, attributes.own(frame, 21))
            if hasTools { event.add(.toolSet, attributes.own(frame, 22)) }
        }
        if spec.kind == .s6 { addBlobs(request, to: &event) }
    }

    /// One account of a group issues a blob in each round; all present it in the next.
    private func addBlobs(_ request: Request, to event: inout SimulatedEvent) {
        let round = request.variant
        let issuer = request.account / spec.accountsPerBlob * spec.accountsPerBlob
        if round > 0 { event.add(.reasoningBlobIn, attributes.own(issuer * 64 + round - 1, 27)) }
        event.add(.reasoningBlobOut, attributes.own(request.account * 64 + round, 27))
    }

    /// Which frame a request has: that of its operator, or of its account's part of the farm. One in
    /// ten accounts of a heterogeneous farm works for two parts.
    private func frame(of request: Request) -> Int {
        guard spec.kind == .s2 else { return operation(of: request.variant) }
        let part = part(of: request.account)
        let works = request.variant % 2 == 1 && attributes.choice(request.account, 28, of: 10) == 0
        return works ? (part + 1) % 5 : part
    }

    /// The part of a heterogeneous farm: five, of 30, 25, 20, 15 and 10 %. Two in three accounts
    /// are in the part of their card, others in any.
    private func part(of account: Int) -> Int {
        guard spec.kind == .s2 else { return 0 }
        let n = account % 3 == 0 ? account / 3 : account / spec.accountsPerCard
        switch n * 7 % 20 {
        case 0..<6: return 0
        case 6..<11: return 1
        case 11..<15: return 2
        case 15..<18: return 3
        default: return 4
        }
    }

    private func isHosted(_ account: Int) -> Bool {
        spec.kind == .s1 || spec.kind == .s2 && part(of: account) % 2 == 0
    }
}
