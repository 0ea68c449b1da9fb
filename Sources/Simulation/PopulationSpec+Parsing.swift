extension PopulationSpec {
    /// A population from `kind` or `kind:name=value,...`, such as
    /// `s4:accounts=2500,rate=26,evasion=e1+e2,start=20h,duration=2d`.
    ///
    /// Parameters of all: `name`, `accounts`, `rate` (requests of an account a day), `start`,
    /// `duration` (`90m`, `6h`, `2d`), `pivot` (share that goes over to a released model). Farms:
    /// `evasion` (`e1` to `e7`, as `e1+e2`, or `none`), `cards`, `devices` and `blobs` (accounts
    /// that share one), `templates`, `addresses`, `mix` (share that is resold). `nat`, `campus`:
    /// `addresses`. `gateway`: `addresses`, `end_users`. `customers`: `stripped` (`yes`, `no`).
    /// `course`: `payers` (`none`, `one`, `own`).
    ///
    /// - Throws: `ScenarioError`, when the text is not a population.
    public init(parsing text: String) throws(ScenarioError) {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let kind = Kind(rawValue: String(text[..<colon])) else {
            throw .unknownPopulation(String(text[..<colon]))
        }
        var parameters: [(name: String, value: String)] = []
        for part in text[colon...].dropFirst().split(
            separator: ",", omittingEmptySubsequences: true)
        {
            guard let equals = part.firstIndex(of: "=") else {
                throw .malformedParameter(String(part))
            }
            let name = String(part[..<equals])
            guard !parameters.contains(where: { $0.name == name }) else {
                throw .malformedParameter(String(part))
            }
            parameters.append((name, String(part[equals...].dropFirst())))
        }
        // The number of accounts comes first: other defaults follow from it.
        self.init(kind)
        if let accounts = parameters.first(where: { $0.name == "accounts" }) {
            let range = 1...50_000_000
            self.init(kind, accounts: try Self.integer(accounts.value, "accounts", in: range))
        }
        // Evasions come last: they adapt what was given.
        for (name, value) in parameters where name != "accounts" && name != "evasion" {
            try set(name, to: value)
        }
        if let evasion = parameters.first(where: { $0.name == "evasion" }) {
            try set(evasion.name, to: evasion.value)
        }
        if templates > templateLimit {
            throw .badValue(
                String(templates), parameter: "templates",
                expected: "an integer from 1 to \(templateLimit) here")
        }
    }

    private mutating func set(_ parameter: String, to value: String) throws(ScenarioError) {
        guard parameters.contains(parameter) else {
            throw .unknownParameter(parameter, population: kind.rawValue)
        }
        switch parameter {
        case "name": name = value
        case "rate": rate = try Self.rate(value)
        case "start": startMs = try Scenario.duration(parsing: value, parameter: parameter)
        case "duration": durationMs = try Scenario.duration(parsing: value, parameter: parameter)
        case "evasion": evade(try Evasions(parsing: value))
        case "mix": mix = try Self.share(value, parameter, below: 1)
        case "pivot": pivot = try Self.share(value, parameter, below: 1.000_001)
        case "blobs": accountsPerBlob = try Self.integer(value, parameter, in: 1...1_000_000)
        case "stripped": isStripped = try Self.choice(value, parameter, ["no", "yes"]) == 1
        case "payers":
            let known = Payers.allCases
            payers = known[try Self.choice(value, parameter, known.map(\.rawValue))]
        case "cards": accountsPerCard = try Self.integer(value, parameter, in: 1...1_000_000)
        case "devices": accountsPerDevice = try Self.integer(value, parameter, in: 1...1_000_000)
        case "templates": templates = try Self.integer(value, parameter, in: 1...64)
        case "addresses": addresses = try Self.integer(value, parameter, in: 1...10_000_000)
        case "end_users": endUsers = try Self.integer(value, parameter, in: 0...10_000_000)
        default: throw .unknownParameter(parameter, population: kind.rawValue)
        }
    }

    private var parameters: [String] {
        let common = ["name", "rate", "start", "duration", "pivot"]
        guard !kind.isFarm else {
            return common
                + ["evasion", "cards", "devices", "templates", "addresses", "mix"]
                + (kind == .s6 ? ["blobs"] : [])
        }
        switch kind {
        case .nat, .campus: return common + ["addresses"]
        case .gateway: return common + ["addresses", "end_users"]
        case .customers: return common + ["stripped"]
        case .course: return common + ["payers"]
        default: return common
        }
    }

    private static func integer(
        _ text: String, _ parameter: String, in range: ClosedRange<Int>
    ) throws(ScenarioError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw .badValue(
                text, parameter: parameter,
                expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func rate(_ text: String) throws(ScenarioError) -> Double {
        guard let number = Double(text), number > 0, number <= 10_000_000 else {
            throw .badValue(text, parameter: "rate", expected: "a number over 0, up to 10000000")
        }
        return number
    }

    private static func share(
        _ text: String, _ parameter: String, below end: Double
    ) throws(ScenarioError) -> Double {
        guard let number = Double(text), number >= 0, number < end else {
            throw .badValue(text, parameter: parameter, expected: "a share from 0 to 1, as 0.9")
        }
        return number
    }

    private static func choice(
        _ text: String, _ parameter: String, _ known: [String]
    ) throws(ScenarioError) -> Int {
        guard let index = known.firstIndex(of: text) else {
            throw .badValue(
                text, parameter: parameter, expected: known.joined(separator: " or "))
        }
        return index
    }
}

extension Scenario {
    /// Milliseconds from a number with a unit: `90s`, `15m`, `6h`, `2.5d`; at most ten years.
    ///
    /// - Throws: `ScenarioError.badValue`, naming `parameter`.
    public static func duration(
        parsing text: String, parameter: String = "duration"
    ) throws(ScenarioError) -> Int64 {
        let units: [Character: Double] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let last = text.last, let unit = units[last], let number = Double(text.dropLast()),
            number >= 0, number * unit <= 3650 * 86_400_000
        else {
            throw .badValue(
                text, parameter: parameter, expected: "a duration such as 90m, 6h or 2d")
        }
        return Int64(number * unit)
    }
}
