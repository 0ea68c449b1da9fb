import Primitives

/// Accounts of the crowds that look like a farm in what they share: students, employees, evaluators,
/// abusers of trials, ...
///
/// What they ask for is what customers ask for, but for courses, evaluations and authorised synthetic
/// data, which have a frame of their own. Assumptions are listed by `Facts`.
struct CrowdPersona: Persona {
    let variants = 8
    private let kind: PopulationSpec.Kind
    private let spec: PopulationSpec
    private let attributes: Attributes
    private let startMs: Int64
    private let customers: CustomerPersona

    private static let dayMs: Int64 = 86_400_000

    /// The crowd of `spec`, which begins at `startMs`.
    init(spec: PopulationSpec, attributes: Attributes, startMs: Int64) {
        kind = spec.kind
        self.spec = spec
        self.attributes = attributes
        self.startMs = startMs
        customers = CustomerPersona(
            style: .customer, spec: spec, attributes: attributes, startMs: startMs)
    }

    func id(of account: Int) -> UInt64 { attributes.bits(account, 0) }

    /// The first account of the group `account` belongs to: 5 to 50 accounts of a device or card, two
    /// of a customer with a second account, all of an organisation.
    private func group(of account: Int) -> Int {
        switch kind {
        case .office, .synthetic: return 0
        case .failover: return account & ~1
        case .trial, .shared:
            let block = account / 50
            let size = [5, 10, 25, 50][attributes.choice(block, 1, of: 4)]
            return block * 50 + account % 50 / size * size
        default: return account
        }
    }

    func describe(_ request: Request, _ random: inout Random, into event: inout SimulatedEvent) {
        let account = request.account
        customers.describe(asked(request), &random, into: &event)
        event.organization = attributes.bits(organization(of: account), 3)
        event.apiKey = attributes.bits(account, 4)
        event.accountCreatedMs = created(account)
        switch kind {
        case .course, .trial: event.plan = 0
        case .office, .synthetic: event.plan = 3
        default: break
        }
        setTask(request, &random, into: &event)
    }

    /// The organisation is the group, but for abusers, who have one for each account.
    private func organization(of account: Int) -> Int {
        kind == .trial || kind == .shared ? account : group(of: account)
    }

    /// The request as one of the customer whose prompts it has: of the group's where one frame or one
    /// organisation is behind all accounts.
    private func asked(_ request: Request) -> Request {
        var request = request
        if kind == .failover { request.account = group(of: request.account) }
        return request
    }

    /// Tokens and tasks of the crowds with a frame of their own.
    private func setTask(
        _ request: Request, _ random: inout Random, into event: inout SimulatedEvent
    ) {
        let bits = random.next()
        switch kind {
        case .course:
            event.task = 0
            event.turn = Int32(truncatingIfNeeded: request.turn)
            event.elicitsReasoning = bits & 255 < 77
            event.inputTokens = 200 + Int32(random.below(500))
            event.outputTokens = 80 + Int32(random.below(420))
        case .evaluations:
            event.turn = 1
            event.task = bits >> 8 & 1 == 0 ? 0 : 4
            event.elicitsReasoning = bits & 255 < 154
            event.inputTokens = 250 + Int32(random.below(900))
            event.outputTokens = 300 + Int32(random.below(1500))
        case .synthetic:
            event.turn = 1
            event.task = 1
            event.elicitsReasoning = bits & 255 < 102
            event.inputTokens = 500 + Int32(random.below(700))
            event.outputTokens = 600 + Int32(random.below(1400))
        default: return
        }
        event.cachedTokens = 0
        event.settle(&random)
    }

    private func created(_ account: Int) -> Int64 {
        let u = unit(attributes.bits(account, 8))
        let days: Double =
            switch kind {
            case .course: u * 2
            case .trial: u * 20
            case .campus: u * u * 200
            default: u * u * 900
            }
        return startMs - 1 - Int64(days * Double(Self.dayMs))
    }

    func addFingerprints(_ request: Request, to event: inout SimulatedEvent) {
        addIdentity(request, to: &event)
        addClient(request, to: &event)
        addAddress(request, to: &event)
        addPrompts(request, to: &event)
        event.add(
            .signupCohort, UInt64(max(0, created(request.account) / Self.dayMs)))
    }

    private func addIdentity(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        if let payer = payer(of: account) {
            event.add(.payment, attributes.own(payer, 10))
            event.add(.cardBin, UInt64(skewed(attributes.bits(payer, 11), count: 400)))
        }
        switch kind {
        case .campus, .course, .office, .synthetic:
            event.add(.emailDomain, attributes.own(0, 17))
        case .trial, .shared:
            event.add(.emailDomain, attributes.bits(account, 17) >> 8 & 3)
        default:
            let domain = attributes.bits(group(of: account), 17)
            event.add(
                .emailDomain,
                domain & 7 < 3 ? domain >> 8 & 3 : attributes.own(group(of: account), 17))
        }
    }

    /// The number of who pays; nil for free accounts.
    private func payer(of account: Int) -> Int? {
        switch kind {
        case .course:
            switch spec.payers {
            case .none: nil
            case .one: 0
            case .own: account
            }
        case .trial: nil
        default: group(of: account)
        }
    }

    private func addClient(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        let devices = 1 + attributes.choice(account, 12, of: 3)
        switch kind {
        case .trial: event.add(.device, attributes.own(group(of: account), 13))
        default:
            event.add(.device, attributes.own(account, 13 + UInt64(request.variant % devices)))
        }
        let owner = kind == .synthetic ? 0 : kind == .trial ? group(of: account) : account
        let agent = skewed(attributes.bits(owner, 18), count: PublicPool.userAgents)
        event.add(.tls, UInt64(agent % PublicPool.tlsPrints))
        event.add(.userAgent, UInt64(agent))
    }

    private func addAddress(_ request: Request, to event: inout SimulatedEvent) {
        let account = request.account
        switch kind {
        case .campus, .office, .course, .synthetic:
            let exit = (kind == .synthetic ? request.variant : account) % spec.addresses
            event.add(address: attributes.address(exit, 19), network: 12)
        default:
            let home = kind == .trial ? group(of: account) : account
            let place = request.variant % (1 + attributes.choice(home, 20, of: 3))
            event.add(
                address: attributes.address(home, 24 + UInt64(place)),
                network: skewed(
                    attributes.bits(home, 21 + UInt64(place)), count: PublicPool.networks))
        }
    }

    private func addPrompts(_ request: Request, to event: inout SimulatedEvent) {
        switch kind {
        case .office:
            // Twelve teams with a template each; the company's system prompt and tools.
            event.add(.promptTemplate, attributes.own(request.account % 12, 30))
            event.add(.systemPrompt, attributes.own(0, 31))
            event.add(.toolSet, attributes.own(0, 32))
        case .course, .synthetic:
            event.add(.promptTemplate, attributes.own(0, 30))
            event.add(.systemPrompt, attributes.own(0, 31))
        case .evaluations:
            // Frames of a public benchmark, which some customers have run before.
            event.add(.promptTemplate, UInt64(PublicPool.templates - 1 - request.variant % 2))
            event.add(.systemPrompt, attributes.own(0, 31))
        default: customers.addPrompts(asked(request), to: &event)
        }
    }
}
