/// One parameter of a population: its value, and whether anybody has published it.
public struct Fact: Equatable, Sendable {
    /// Where a value comes from.
    public enum Basis: String, Sendable {
        /// Published: in the disclosures of 2026, or in the public traces.
        case documented
        /// Nobody has published it: to be swept before a threshold is believed.
        case assumed
    }

    /// The population, as labels name it.
    public var population: String
    /// The parameter; where `--population` takes it, by that name.
    public var parameter: String
    /// The value, for people.
    public var value: String
    /// Whether the value is published.
    public var basis: Basis
    /// Who published it, or what it stands for.
    public var source: String
}

extension Scenario {
    /// All parameters of the scenario's populations, in their order.
    public var facts: [Fact] {
        zip(populations, populationNames).flatMap { spec, name in
            spec.facts.map { fact in
                var fact = fact
                fact.population = name
                return fact
            }
        }
    }
}

extension PopulationSpec {
    /// The parameters of the population.
    public var facts: [Fact] {
        let usual = PopulationSpec(kind)
        var list = FactList(population: name)
        let size = FactTables.size(kind)
        list.add("accounts", accounts, usual.accounts, size.accounts)
        list.add("rate", rate, usual.rate, size.rate)
        if let durationMs {
            list.add(
                "duration", Self.span(durationMs), Self.span(usual.durationMs ?? 0), size.length)
        }
        addShape(&list, usual)
        for line in FactTables.lines(kind) where list.isNew(line.parameter) { list.add(line) }
        if !evasions.isEmpty { addEvasions(&list) }
        return list.facts
    }

    private func addShape(_ list: inout FactList, _ usual: PopulationSpec) {
        let open = (Fact.Basis.assumed, "no disclosure gives it")
        if kind.isFarm {
            list.add("cards", accountsPerCard, usual.accountsPerCard, open)
            list.add("devices", accountsPerDevice, usual.accountsPerDevice, open)
            list.add("templates", templates, usual.templates, open)
            list.add("addresses", addresses, usual.addresses, open)
            if mix > 0 || usual.mix > 0 {
                list.add("mix", mix, usual.mix, (.documented, "disclosures of 2026: 50 to 90 %"))
            }
        }
        if kind == .s6 { list.add("blobs", accountsPerBlob, usual.accountsPerBlob, open) }
        if [.nat, .campus, .gateway].contains(kind) {
            list.add("addresses", addresses, usual.addresses, FactTables.typical)
        }
        if kind == .gateway { list.add("end_users", endUsers, usual.endUsers, FactTables.typical) }
        if kind == .course {
            list.add("payers", payers.rawValue, usual.payers.rawValue, FactTables.typical)
        }
        if isStripped { list.add("stripped", "yes", "no", FactTables.typical) }
        if pivot > 0 {
            let source: (Fact.Basis, String) =
                kind == .s3 ? (.documented, "disclosures of 2026: 48 %") : FactTables.typical
            list.add("pivot", pivot, usual.pivot, source)
        }
    }

    private func addEvasions(_ list: inout FactList) {
        for name in evasions.names {
            list.add(
                FactTables.Line("evasion \(name)", FactTables.evasion(name), .assumed, "stress"))
        }
    }

    private static func span(_ ms: Int64) -> String {
        ms % 86_400_000 == 0 ? "\(ms / 86_400_000)d" : "\(ms / 60_000)m"
    }
}

/// Gathers the facts of a population.
private struct FactList {
    let population: String
    private(set) var facts: [Fact] = []

    init(population: String) { self.population = population }

    func isNew(_ parameter: String) -> Bool { !facts.contains { $0.parameter == parameter } }

    mutating func add(_ line: FactTables.Line) {
        facts.append(
            Fact(
                population: population, parameter: line.parameter, value: line.value,
                basis: line.basis, source: line.source))
    }

    /// A value that has the basis given only while it is the usual one.
    mutating func add<T: Equatable & CustomStringConvertible>(
        _ parameter: String, _ value: T, _ usual: T, _ source: (basis: Fact.Basis, text: String)
    ) {
        let isUsual = value == usual
        facts.append(
            Fact(
                population: population, parameter: parameter, value: value.description,
                basis: isUsual ? source.basis : .assumed,
                source: isUsual ? source.text : "chosen here; usual is \(usual), \(source.text)"))
    }
}
