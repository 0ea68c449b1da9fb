/// What is published of farms and of ordinary traffic, and what is assumed.
enum FactTables {
    /// A parameter that has one value.
    struct Line {
        let parameter: String
        let value: String
        let basis: Fact.Basis
        let source: String

        init(_ parameter: String, _ value: String, _ basis: Fact.Basis, _ source: String) {
            self.parameter = parameter
            self.value = value
            self.basis = basis
            self.source = source
        }
    }

    typealias Source = (basis: Fact.Basis, text: String)

    static let typical: Source = (.assumed, "a typical size")
    private static let disclosures = "disclosures of 2026"
    private static let traces = "public traces, see TraceFit"

    /// The sources of a kind's accounts, rate and length.
    static func size(
        _ kind: PopulationSpec.Kind
    ) -> (accounts: Source, rate: Source, length: Source) {
        func documented(_ text: String) -> Source { (.documented, "\(disclosures): \(text)") }
        let assumed: Source = (.assumed, "no disclosure gives it")
        switch kind {
        case .s1:
            return (
                documented("50 to 500 accounts"), documented("150,000 exchanges in all"), assumed
            )
        case .s2:
            return (
                documented("300 to 900 accounts"), documented("3.4 million exchanges in all"),
                assumed
            )
        case .s3:
            return (
                documented("6,000 to 20,000 accounts"),
                documented("13 million exchanges of the farm's own in all"), assumed
            )
        case .s4:
            let letter: Source = (
                .documented, "letter of June 2026: 25,000 accounts, 28.8 million in 45 days"
            )
            return (letter, letter, letter)
        case .s5:
            let report: Source = (
                .documented,
                "report of September 2026: about 5,000 banned; 3 million a day at peak, 151 in all"
            )
            return (report, report, assumed)
        case .s6:
            let report: Source = (
                .documented, "report of September 2026: over 4,000 users, about 2 a day, two days"
            )
            return (report, report, report)
        default: return (typical, typical, typical)
        }
    }

    /// What else is fixed for a kind.
    static func lines(_ kind: PopulationSpec.Kind) -> [Line] {
        switch kind {
        case .customers: base + ordinary
        case .nat, .campus, .shared, .failover: base + crowd(kind)
        case .s1, .s2, .s3, .s4, .s5, .s6: farm + farm(kind)
        case .load: [Line("fingerprints", "five an event", .assumed, "for benchmarks")]
        default: crowd(kind)
        }
    }

    private static let base = [
        Line("rates", "162 clients of a trace, by rank", .documented, traces),
        Line("sessions", "active windows by octile of rate", .documented, traces),
        Line("gaps", "gamma, variation by client", .documented, traces),
        Line("day curve", "the trace's clients, each at most 2 %", .documented, traces),
    ]

    private static let ordinary = [
        Line("tokens", "a client's median, and around it", .documented, traces),
        Line(
            "small customers", "like large ones, only smaller", .assumed, "traces have large ones"),
        Line("organisations", "half of one account, others 2, 4 or 8", .assumed, "unpublished"),
        Line("who shares", "payer, domain, prompts, tools", .assumed, "by organisation"),
        Line("devices, addresses", "1 to 3, 1 to 4 an account", .assumed, "unpublished"),
        Line("public templates", "one organisation in ten", .assumed, "unpublished"),
        Line("ages", "to 900 days, 12 % under 14", .assumed, "unpublished"),
        Line("elicits reasoning", "5 %, of one in 16 half", .assumed, "unpublished"),
    ]

    private static let farm = [
        Line("dispatch", "in turn, at an even pace", .documented, "\(disclosures): even load"),
        Line("one frame", "in every request", .documented, "\(disclosures)"),
        Line("tasks", "9 in 16 code, others mathematics, writing", .assumed, "abilities named"),
        Line("models", "7 in 8 the strongest", .assumed, "unpublished"),
        Line("tokens", "350 to 1,250 in, 600 to 2,400 out", .assumed, "unpublished"),
        Line("elicits reasoning", "70 %", .assumed, "unpublished"),
    ]

    private static func farm(_ kind: PopulationSpec.Kind) -> [Line] {
        let ages = Line(
            "sign-ups", kind == .s1 ? "within 5 days" : "within 30 days", .assumed, "unpublished")
        let turns = Line("sessions", "half single, half of 20 turns", .assumed, "both are named")
        switch kind {
        case .s1:
            return [ages, Line("network", "one host, own TLS print", .assumed, "unpublished")]
        case .s2:
            return [
                ages, turns,
                Line("access paths", "four", .documented, "\(disclosures): several"),
                Line("parts", "30, 25, 20, 15, 10 % with own frames", .assumed, "at most 40 %"),
                Line("bridges", "one card in three, one account in ten", .assumed, "unpublished"),
            ]
        case .s3:
            return [
                ages, turns,
                Line("banned", "1 % a day", .assumed, "unpublished"),
                Line(
                    "replaced", "in 5 minutes to 17 hours", .documented, "\(disclosures): at once"),
            ]
        case .s5:
            return [
                ages, turns,
                Line(
                    "ban", "after two fifths, within an hour", .assumed, "a first pool was banned"),
                Line("second pool", "0.7 of the first", .documented, "report: over 3,500 accounts"),
                Line("other operators", "two, a sixth each", .assumed, "report: two others"),
            ]
        case .s6:
            return [
                ages, Line("copies", "a blob a group and round", .assumed, "blobs were copied"),
            ]
        default: return [ages, turns]
        }
    }

    private static func crowd(_ kind: PopulationSpec.Kind) -> [Line] {
        func assumed(_ parameter: String, _ value: String) -> Line {
            Line(parameter, value, .assumed, "a typical case")
        }
        switch kind {
        case .bulk: return [assumed("sessions", "200 requests"), assumed("lengths", "16 at most")]
        case .nat: return [assumed("ties", "addresses alone")]
        case .campus: return [assumed("ties", "addresses, domain"), assumed("ages", "to 200 days")]
        case .office: return [assumed("ties", "payer, address, domain, 12 templates, tools")]
        case .ci: return [assumed("jobs", "25 requests each quarter of an hour, fresh address")]
        case .gateway: return [assumed("ties", "payer, addresses; end users told")]
        case .harness:
            return [assumed("ties", "prompts, tools, TLS print"), assumed("sessions", "15")]
        case .course:
            return [
                assumed("ties", "domain, address, template, sign-ups of 2 days"),
                assumed("rate variation", "0.7"), assumed("elicits reasoning", "30 %"),
            ]
        case .evaluations:
            return [
                assumed("ties", "a public benchmark's frames"), assumed("timers", "each hour"),
                assumed("rate variation", "0.8"), assumed("elicits reasoning", "60 %"),
            ]
        case .synthetic:
            return [assumed("ties", "payer, template"), assumed("elicits reasoning", "40 %")]
        case .trial: return [assumed("ties", "5 to 50 accounts a device, no card")]
        case .shared: return [assumed("ties", "5 to 50 accounts a card, ordinary content")]
        case .failover: return [assumed("ties", "payer, prompts; second account in an outage")]
        default: return []
        }
    }

    /// What an evasion does.
    static func evasion(_ name: String) -> String {
        switch name {
        case "e1": "own card, device, TLS print and address; one issuer"
        case "e2": "sessions, log-normal gaps, day curve, rates vary by 1.5"
        case "e3": "accounts live 1 to 14 days"
        case "e4": "own paraphrases of prompts and tools for each account"
        case "e5": "95 % resold, or more where `mix` says so"
        case "e6": "ten times the accounts, a tenth of the rate"
        default: "no payment, device, client or registration in events"
        }
    }
}
