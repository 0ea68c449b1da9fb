import Primitives

/// Accounts of ordinary customers, and of the look-alikes that are made of them.
///
/// Assumptions (nothing is published): half the accounts are an organisation of their own, the
/// others belong to ones of 2, 4 or 8; an organisation shares payment, mail domain, prompts and
/// tools; a customer has 1 to 3 devices, 1 to 4 addresses and 1 to 6 templates; one in ten uses a
/// public template; three in five send single requests, not sessions; ages have density 1 /
/// sqrt(age) up to 900 days (12 % are under 14 days).
struct CustomerPersona: Persona {
    /// What sets a look-alike apart from the base of customers.
    enum Style {
        case customer, bulk, carrierNAT, fleet, gateway, harness

        /// The style of a kind of population; nil for those that are made otherwise.
        init?(_ kind: PopulationSpec.Kind) {
            switch kind {
            case .customers: self = .customer
            case .bulk: self = .bulk
            case .nat: self = .carrierNAT
            case .ci: self = .fleet
            case .gateway: self = .gateway
            case .harness: self = .harness
            default: return nil
            }
        }
    }

    let variants = 8
    private let style: Style
    private let attributes: Attributes
    private let addresses: Int
    private let endUsers: Int
    private let startMs: Int64
    private let isStripped: Bool
    private let medianInput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.medianInputs, logarithmic: true)
    private let relativeInput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.relativeInputs)
    private let medianOutput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.medianOutputs, logarithmic: true)
    private let relativeOutput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.relativeOutputs)
    private let conversationInput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.conversationInputs)
    private let conversationOutput = QuantileTable(
        knots: TraceFit.tokenKnots, values: TraceFit.conversationOutputs)

    init(style: Style, spec: PopulationSpec, attributes: Attributes, startMs: Int64) {
        self.style = style
        self.attributes = attributes
        self.startMs = startMs
        addresses = spec.addresses
        endUsers = spec.endUsers
        isStripped = spec.isStripped
    }

    func id(of account: Int) -> UInt64 { attributes.bits(account, 0) }

    /// The first account of the organisation `account` belongs to.
    private func organization(of account: Int) -> Int {
        switch style {
        case .fleet, .gateway: return 0
        case .bulk, .carrierNAT, .harness: return account
        case .customer:
            let pattern = attributes.choice(account >> 3, 1, of: 16)
            let shift = pattern < 8 ? 0 : pattern < 12 ? 1 : pattern < 15 ? 2 : 3
            return (account >> shift) << shift
        }
    }

    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        let account = request.account
        let organization = organization(of: account)
        let traits = attributes.bits(account, 2)
        event.organization = attributes.bits(organization, 3)
        event.apiKey = attributes.bits(account, 4)
        if endUsers > 0 {
            event.endUser = attributes.bits(skewed(random.next(), count: endUsers), 5)
        }
        event.accountCreatedMs = created(account)
        event.plan = UInt8(traits & 3)
        event.accessPath = traits >> 8 & 15 < 12 ? 0 : UInt8(traits >> 12 & 3)
        event.operation = traits >> 16 & 31 == 0 ? 1 : 0
        event.maxTokens = 1024 << Int32(traits >> 24 & 3)
        let bits = random.next()
        // A customer stays with one model for six requests in seven.
        let favourite = style == .harness ? 3 : Int(traits >> 32 & 0xFFFF) * 5 >> 16
        event.model = UInt8(bits & 7 == 0 ? skewed(bits, count: 5) : favourite)
        event.task = UInt8(bits >> 8 & 3 == 0 ? bits >> 16 & 0xFF : traits >> 48 & 0xFF) % 7
        if isStateless(account) { event.turn = 1 }
        let eager = traits >> 56 & 15 == 0
        event.elicitsReasoning = bits >> 32 & 255 < (eager ? 128 : 12)
        setTokens(request, &random, into: &event)
        event.settle(&random)
    }

    private func setTokens(
        _ request: Request, _ random: inout Random, into event: inout SimulatedEvent
    ) {
        switch style {
        case .harness:
            // The whole conversation is sent again at every turn, most of it from the cache.
            let context = 6000 + 900 * min(request.turn, 120)
            event.cachedTokens = Int32(request.turn > 1 ? context - 900 : 0)
            event.inputTokens = Int32(context + random.below(700))
            event.outputTokens = Int32(conversationOutput.value(at: random.uniform()))
        case .carrierNAT, .gateway:
            event.cachedTokens = 0
            event.inputTokens = Int32(conversationInput.value(at: random.uniform()))
            event.outputTokens = Int32(conversationOutput.value(at: random.uniform()))
        case .customer, .bulk, .fleet:
            let input = medianInput.value(at: unit(attributes.bits(request.account, 6)))
            let output = medianOutput.value(at: unit(attributes.bits(request.account, 7)))
            // A bulk program sends few distinct lengths: 16 at most.
            let u = style == .bulk ? Double(random.below(16)) / 20 : random.uniform()
            event.inputTokens = Int32(max(1, min(128_000, input * relativeInput.value(at: u))))
            event.outputTokens = Int32(
                max(1, min(16_000, output * relativeOutput.value(at: random.uniform()))))
            event.cachedTokens = event.inputTokens / 4 * Int32(random.below(2))
        }
    }

    /// True where every request stands alone; programs and three customers in five (an assumption).
    private func isStateless(_ account: Int) -> Bool {
        switch style {
        case .bulk, .fleet: true
        case .customer: attributes.choice(account, 9, of: 5) < 3
        case .carrierNAT, .gateway, .harness: false
        }
    }

    private func created(_ account: Int) -> Int64 {
        let u = unit(attributes.bits(account, 8))
        return startMs - Int64(u * u * 900 * 86_400_000)
    }

    func addFingerprints(_ request: Request, to event: inout SimulatedEvent) {
        let organization = organization(of: request.account)
        if !isStripped {
            addPayment(request, organization: organization, to: &event)
            addClient(request, to: &event)
        }
        addAddress(request, organization: organization, to: &event)
        addPrompts(request, organization: organization, to: &event)
        if !isStripped { addRegistration(request, organization: organization, to: &event) }
    }

    private func addPayment(
        _ request: Request, organization: Int, to event: inout SimulatedEvent
    ) {
        event.add(.payment, attributes.own(organization, 10))
        event.add(.cardBin, UInt64(skewed(attributes.bits(organization, 11), count: 400)))
        let devices = 1 + attributes.choice(request.account, 12, of: 3)
        event.add(.device, attributes.own(request.account, 13 + UInt64(request.variant % devices)))
    }

    private func addRegistration(
        _ request: Request, organization: Int, to event: inout SimulatedEvent
    ) {
        let account = request.account
        let domain = attributes.bits(organization, 17)
        let usesFreeMail = organization == account && domain & 7 < 3
        event.add(.emailDomain, usesFreeMail ? domain >> 8 & 3 : attributes.own(organization, 17))
        event.add(.signupCohort, UInt64(max(0, created(account) / 86_400_000)))
    }

    private func addClient(_ request: Request, to event: inout SimulatedEvent) {
        if style == .harness {
            event.add(.tls, attributes.own(0, 18))
            event.add(.userAgent, UInt64(PublicPool.userAgents))
            return
        }
        let bits = style == .fleet ? mix(request.session) : attributes.bits(request.account, 18)
        let agent = skewed(bits, count: PublicPool.userAgents)
        event.add(.tls, UInt64(style == .fleet ? 1 : agent % PublicPool.tlsPrints))
        event.add(.userAgent, UInt64(agent))
    }

    private func addAddress(
        _ request: Request, organization: Int, to event: inout SimulatedEvent
    ) {
        let account = request.account
        switch style {
        case .carrierNAT, .gateway:
            let exit = style == .gateway ? request.variant % addresses : account % addresses
            event.add(address: attributes.address(exit, 19), network: 7)
        case .fleet:
            let address = 34 << 24 | mix(request.session) & 0x7F_FFFF
            event.add(address: address, network: 1)
        case .customer, .bulk, .harness:
            let places = 1 + attributes.choice(account, 20, of: 4)
            let place = request.variant % places
            // The first place of an organisation is its office.
            let member = place == 0 ? organization : account
            let network = attributes.bits(member, 21 + UInt64(place))
            event.add(
                address: attributes.address(member, 24 + UInt64(place)),
                network: skewed(network, count: PublicPool.networks))
        }
    }

    /// Adds the template, system prompt and tools that a customer's request has.
    func addPrompts(_ request: Request, to event: inout SimulatedEvent) {
        addPrompts(request, organization: organization(of: request.account), to: &event)
    }

    private func addPrompts(
        _ request: Request, organization: Int, to event: inout SimulatedEvent
    ) {
        if style == .harness {
            event.add(.promptTemplate, attributes.own(request.variant % 2, 30))
            event.add(.systemPrompt, attributes.own(0, 31))
            event.add(.toolSet, attributes.own(0, 32))
            return
        }
        let traits = attributes.bits(organization, 33)
        let templates = style == .bulk ? 1 : 1 + Int(traits & 0xFF) % 6
        let usesPublic = traits >> 8 & 0xFF < 26
        event.add(
            .promptTemplate,
            usesPublic
                ? UInt64(skewed(attributes.bits(organization, 34), count: PublicPool.templates))
                : attributes.own(organization, 35 + UInt64(request.variant % templates)))
        event.add(.systemPrompt, attributes.own(organization, 42 + UInt64(request.variant & 1)))
        switch traits >> 16 & 7 {
        case 0, 1: event.add(.toolSet, (traits >> 24 & 0xFF) % UInt64(PublicPool.toolSets))
        case 2: event.add(.toolSet, attributes.own(organization, 45))
        default: break
        }
    }
}
