extension PopulationSpec {
    /// How a farm hides.
    public struct Evasions: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Wraps bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// E1: own device, TLS print, residential address and virtual card for each account; one
        /// card issuer.
        public static let identityIsolation = Evasions(rawValue: 1)
        /// E2: sessions with log-normal gaps, the day curve of customers, rates with a coefficient
        /// of variation of 1.5.
        public static let shapedTiming = Evasions(rawValue: 2)
        /// E3: an account lives for 1 to 14 days; another one takes its place.
        public static let churn = Evasions(rawValue: 4)
        /// E4: each account has paraphrases of the frames, and tools of its own.
        public static let paraphrase = Evasions(rawValue: 8)
        /// E5: 95 % of the requests are resold to customers.
        public static let resale = Evasions(rawValue: 16)
        /// E6: ten times the accounts, a tenth of the rate.
        public static let widening = Evasions(rawValue: 32)
        /// E7: events carry no identity and no client, but for the address.
        public static let stripping = Evasions(rawValue: 64)

        /// The evasions that are there, by name, in order.
        public static let all: [(name: String, evasion: Evasions)] = [
            ("e1", .identityIsolation), ("e2", .shapedTiming), ("e3", .churn),
            ("e4", .paraphrase), ("e5", .resale), ("e6", .widening), ("e7", .stripping),
        ]

        /// Their names, in order.
        public var names: [String] { Self.all.filter { contains($0.evasion) }.map(\.name) }

        /// Evasions from their names, as `e1+e4`; `none` is none.
        ///
        /// - Throws: `ScenarioError.badValue`.
        public init(parsing text: String) throws(ScenarioError) {
            self = []
            for part in text.split(separator: "+", omittingEmptySubsequences: false)
            where part != "none" {
                guard let known = Self.all.first(where: { $0.name == part }) else {
                    throw .badValue(
                        text, parameter: "evasion", expected: "some of e1 to e7, as e1+e4, or none")
                }
                insert(known.evasion)
            }
        }
    }

    /// Lets a farm hide in these ways beside those it knows.
    public mutating func evade(_ more: Evasions) {
        let new = more.subtracting(evasions)
        evasions.formUnion(more)
        if new.contains(.resale) { mix = max(mix, 0.95) }
        if new.contains(.widening) {
            accounts = min(50_000_000, accounts * 10)
            addresses *= 10
            rate /= 10
        }
    }
}
