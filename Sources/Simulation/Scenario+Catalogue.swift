extension Scenario {
    /// The scenarios by name, in the order the documentation has them, with what they show.
    public static let catalogue: [(name: String, summary: String)] = [
        ("plain", "farms S1 to S5, one each, beside customers and every look-alike"),
        ("plain-s1", "a small and clean farm beside customers"),
        ("plain-s2", "a heterogeneous farm beside customers"),
        ("plain-s3", "a pivoting farm that resells traffic, beside customers and a harness crowd"),
        ("plain-s4", "a wide and shallow farm beside customers"),
        ("plain-s5", "a narrow and deep farm with failover beside customers"),
        ("plain-s6", "a farm that copies reasoning blobs, beside customers"),
        ("mix", "ten farms of different shapes beside customers and every look-alike"),
        ("lookalikes", "no farm: customers and every look-alike, a release and an outage"),
        ("evasions", "a wide farm for each of E1 to E7, and one with E1 and E2"),
        ("wide", "25,000 accounts of 26 requests a day inside ten times as much ordinary traffic"),
        ("demo", "three days with two farms, look-alikes and customers"),
        ("system-test", "2,000,000 records of 48 hours with bad ones among them"),
        ("bench", "evenly spaced load of a million accounts"),
    ]

    /// The scenario called `name`.
    ///
    /// - Parameters:
    ///   - scale: multiplies accounts, and rates where a population has too few accounts to scale.
    ///   - days: how long it lasts; nil is as long as is usual for it. Releases, bans and outages
    ///     move along.
    ///   - evasions: what all its farms do beside what the scenario has them do.
    /// - Throws: `ScenarioError.unknownScenario`.
    public static func named(
        _ name: String, scale: Double = 1, days: Double? = nil, seed: UInt64 = 1,
        evasions: PopulationSpec.Evasions = []
    ) throws(ScenarioError) -> Scenario {
        if presetNames.contains(name) {
            var scenario = try preset(named: name, seed: seed)
            if let days { scenario.durationMs = Int64(days * dayMs) }
            scenario.evade(evasions)
            scenario.scale(by: scale)
            return scenario
        }
        let plan = CataloguePlan(days: days ?? usualDays(name))
        guard let populations = plan.populations(of: name) else { throw .unknownScenario(name) }
        var scenario = Scenario(
            seed: seed, durationMs: Int64(plan.days * dayMs), populations: populations)
        scenario.releaseMs = plan.releaseMs
        scenario.outageMs = populations.contains { $0.kind == .failover } ? plan.outageMs : nil
        scenario.carriesBlobs = populations.contains { $0.kind == .s6 || $0.kind == .failover }
        scenario.evade(evasions)
        for i in scenario.populations.indices { scenario.populations[i].resize(by: scale) }
        return scenario
    }

    private static let dayMs = 86_400_000.0

    /// Lets all farms hide in these ways beside their own.
    public mutating func evade(_ evasions: PopulationSpec.Evasions) {
        for i in populations.indices where populations[i].kind.isFarm {
            populations[i].evade(evasions)
        }
    }

    private static func usualDays(_ name: String) -> Double {
        switch name {
        case "plain-s1": 11
        case "plain-s4": 47
        case "plain-s5": 52
        case "plain-s6": 3
        case "evasions": 14
        case "wide": 45
        default: 31
        }
    }

    /// Multiplies the accounts of every population; rates stay, and what follows from the accounts
    /// goes along.
    public mutating func scale(by factor: Double) {
        for i in populations.indices { populations[i].scale(by: factor, least: 1) }
        if let limit = eventLimit { eventLimit = max(1, Int(Double(limit) * factor)) }
    }
}

extension PopulationSpec {
    fileprivate mutating func scale(by factor: Double, least: Int) {
        let old = accounts
        accounts = max(least, min(50_000_000, Int((Double(old) * factor).rounded())))
        let share = Double(accounts) / Double(old)
        addresses = max(1, Int((Double(addresses) * share).rounded()))
    }

    /// As `scale`, but farms and crowds keep as many accounts as make them what they are, and
    /// populations of a few accounts do less instead.
    fileprivate mutating func resize(by factor: Double) {
        let wanted = Double(accounts) * factor
        scale(by: factor, least: factor < 1 ? min(accounts, leastAccounts) : 1)
        if leastAccounts == 1, wanted < 1 { rate *= wanted }
        accountsPerBlob = min(accountsPerBlob, max(1, accounts / 4))
    }

    /// Accounts a population is scaled down to at most.
    private var leastAccounts: Int {
        switch kind {
        case .s1, .s3, .s4, .s5, .s6: 60
        case .s2: 300
        case .nat, .campus, .office: 200
        case .course: 150
        case .evaluations, .trial, .shared: 50
        default: 1
        }
    }
}

/// The populations of the catalogue's scenarios, by how long they last.
struct CataloguePlan {
    let days: Double

    private static let dayMs = 86_400_000.0

    /// A model is released after two thirds, as day 20 of the documented 30.
    var releaseMs: Int64 { at(2.0 / 3) }

    /// The outage comes a little before the middle.
    var outageMs: Int64 { at(0.45) }

    private func at(_ share: Double) -> Int64 { Int64(days * share * Self.dayMs) }

    /// The populations of the scenario called `name`; nil where there is none.
    func populations(of name: String) -> [PopulationSpec]? {
        switch name {
        case "plain":
            customers + lookAlikes + [.s1, .s2, .s3, .s4, .s5].map { farm($0) }
        case "plain-s1": customers + [farm(.s1)]
        case "plain-s2": customers + [farm(.s2)]
        case "plain-s3": customers + [population(.harness), farm(.s3)]
        case "plain-s4": customers + [farm(.s4)]
        case "plain-s5": customers + [farm(.s5)]
        case "plain-s6": customers + [farm(.s6)]
        case "mix": customers + lookAlikes + tenFarms
        case "lookalikes": customers + lookAlikes
        case "evasions": customers + [population(.harness)] + hidingFarms
        case "wide": wide
        default: nil
        }
    }

    private var customers: [PopulationSpec] {
        [population(.customers, 100_000), stripped(10_000)]
    }

    private func stripped(_ accounts: Int) -> PopulationSpec {
        var spec = population(.customers, accounts)
        spec.name = "marketplace"
        spec.isStripped = true
        return spec
    }

    /// Every look-alike; the course, the hackathon and the evaluations when their time has come.
    private var lookAlikes: [PopulationSpec] {
        var course = population(.course)
        course.startMs = at(0.2)
        course.durationMs = at(0.4)
        var hackathon = population(.course, 200, 120)
        hackathon.name = "hackathon"
        hackathon.payers = .one
        hackathon.startMs = at(0.5)
        hackathon.durationMs = min(at(0.3), PopulationSpec.days(2))
        var evaluations = population(.evaluations)
        evaluations.startMs = releaseMs
        return [.bulk, .nat, .campus, .office, .ci, .gateway, .harness].map { population($0) }
            + [course, hackathon, evaluations]
            + [.synthetic, .trial, .shared, .failover].map { population($0) }
    }

    private var tenFarms: [PopulationSpec] {
        var shaped = farm(.s1, evasions: .shapedTiming)
        shaped.name = "s1-shaped"
        var isolated = farm(.s4, 5000, evasions: .identityIsolation)
        isolated.name = "s4-isolated"
        var relay = farm(.s3, 1500, 13)
        relay.name = "relay"
        relay.mix = 0.9
        relay.pivot = 0
        var rotating = farm(.s1, 273, 733, evasions: .churn)
        rotating.name = "rotating"
        var shallow = farm(.s4, 5000, 3)
        shallow.name = "s4-shallow"
        shallow.accountsPerCard = 12
        return [
            farm(.s1), shaped, farm(.s2), farm(.s3), farm(.s4), isolated, shallow, relay, rotating,
            farm(.s6),
        ]
    }

    /// The farm of S4, smaller, with each evasion.
    private var hidingFarms: [PopulationSpec] {
        let single = PopulationSpec.Evasions.all.map { ($0.name, $0.evasion) }
        let all = single + [("e1-e2", [.identityIsolation, .shapedTiming])]
        return all.map { name, evasions in
            var spec = farm(.s4, 2500, evasions: evasions)
            spec.name = name
            return spec
        }
    }

    /// The farm makes 640,000 requests a day, everybody else 6,400,000.
    private var wide: [PopulationSpec] {
        [population(.customers, 404_500)]
            + [.bulk, .nat, .ci, .gateway, .harness, .s4].map { population($0) }
    }

    private func population(
        _ kind: PopulationSpec.Kind, _ accounts: Int? = nil, _ rate: Double? = nil
    ) -> PopulationSpec {
        PopulationSpec(kind, accounts: accounts, rate: rate)
    }

    /// A farm that is there from day 1 of 31 on.
    private func farm(
        _ kind: PopulationSpec.Kind, _ accounts: Int? = nil, _ rate: Double? = nil,
        evasions: PopulationSpec.Evasions = []
    ) -> PopulationSpec {
        var spec = PopulationSpec(kind, accounts: accounts, rate: rate)
        spec.startMs = at(1.0 / 31)
        spec.evade(evasions)
        return spec
    }
}
