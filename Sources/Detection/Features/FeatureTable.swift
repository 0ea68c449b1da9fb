import Aggregation
import YAML

/// The type of an expression's value.
enum ValueType: String {
    case number = "a number"
    case duration = "a duration"
    case flag = "true or false"
    case text = "text"
}

/// What the arguments of a feature's call say, by role.
struct FeatureArguments {
    var windowMs: Int64 = 0
    var measure = "requests"
    var dimension = Vocabulary.account
}

/// A feature of the condition language: how it is called, for which entities, what it means, and what it is made of.
struct FeatureDefinition: Sendable {
    /// What an argument is.
    enum Parameter: String {
        case window, measure, dimension
        /// A dimension that may be left out: `account`.
        case accountOrDimension = "[dimension]"
    }

    let name: String
    let parameters: [Parameter]
    /// The class of entities that has it; nil for both.
    var audience: EntityClass?
    var type = ValueType.number
    /// The windows it takes; every window is also a pane at least.
    var windowsMs: ClosedRange<Int64> = 0...FeatureLimits.windowMs
    /// What it is, for the reference.
    let meaning: String
    /// The feature in the questions a `FeatureSource` answers.
    let term: @Sendable (FeatureArguments) -> Term

    init(
        _ name: String, _ parameters: [Parameter], of audience: EntityClass? = nil,
        type: ValueType = .number, windowsMs: ClosedRange<Int64> = 0...FeatureLimits.windowMs,
        _ meaning: String, term: @escaping @Sendable (FeatureArguments) -> Term
    ) {
        self.name = name
        self.parameters = parameters
        self.audience = audience
        self.type = type
        self.windowsMs = windowsMs
        self.meaning = meaning
        self.term = term
    }

    /// The call as documentation writes it: `sum(measure, window)`, `evenness([dimension,] window)`.
    var usage: String {
        let words = parameters.map(\.rawValue).joined(separator: ", ")
        return "\(name)(\(words.replacing("],", with: ",]")))"
    }

    /// The feature called `name`.
    static func named(_ name: String) -> FeatureDefinition? { all.first { $0.name == name } }

    /// All names, `top` included, for suggestions.
    static let names = all.map(\.name) + ["top"]

    /// Every feature but `top`, which is evidence.
    static let all: [FeatureDefinition] = [
        FeatureDefinition("requests", [.window], "the requests in the window") {
            .sum("requests", $0.windowMs)
        },
        FeatureDefinition("sum", [.measure, .window], "the sum of a measure") {
            .sum($0.measure, $0.windowMs)
        },
        FeatureDefinition("ratio", [.measure, .window], "the sum of a measure by the requests") {
            .binary(.divide, .sum($0.measure, $0.windowMs), .sum("requests", $0.windowMs))
        },
        FeatureDefinition(
            "coverage", [.dimension, .window],
            "the share of requests that carry the dimension, 0 to 1: how much `distinct` of it can be trusted"
        ) {
            .binary(
                .divide, .sum(Vocabulary.presencePrefix + $0.dimension, $0.windowMs),
                .sum("requests", $0.windowMs))
        },
        FeatureDefinition(
            "distinct", [.dimension, .window], "the distinct values of a dimension; exact while few"
        ) { .distinct($0.dimension, $0.windowMs) },
        FeatureDefinition(
            "evenness", [.accountOrDimension, .window],
            """
            n^2 / (d (F2 - n)), at most 1, over the loads of a dimension (`account` where none is named): 1 for equal \
            loads, 0.2 to 0.3 for ordinary groups; lowered where a sample of accounts has missed much of the load; \
            undefined below 3 requests a value
            """
        ) { .evenness($0.dimension, $0.windowMs) },
        FeatureDefinition(
            "top_share", [.accountOrDimension, .window], "the largest load by the sum of all loads"
        ) {
            .feature(
                Feature(question: .topShare, subject: $0.dimension, windowMs: $0.windowMs))
        },
        FeatureDefinition(
            "focus", [.accountOrDimension, .window],
            "the three largest loads by the sum of all loads: 1 where all is for three values"
        ) {
            .feature(Feature(question: .focus, subject: $0.dimension, windowMs: $0.windowMs))
        },
        FeatureDefinition(
            "dispersion", [.window],
            """
            the variance by the mean of the requests in equal stretches of the window (a 32nd of it or less): 1 for \
            independent requests, more for bursts, less where a dispatcher deals them out; undefined below 8 stretches \
            or a request a stretch
            """
        ) {
            .feature(
                Feature(question: .dispersion, subject: "requests", windowMs: $0.windowMs))
        },
        FeatureDefinition(
            "hours_active", [.window],
            windowsMs: FeatureLimits.hourMs...FeatureLimits.hoursWindowMs,
            """
            the share of hours with activity, 0 to 1: the hour (UTC) the pane begins in and those before it, as many as \
            the window rounds up to; the window is 1h to 7d
            """
        ) { .feature(Feature(question: .activeHours, windowMs: $0.windowMs)) },
        FeatureDefinition(
            "age", [], type: .duration,
            """
            the time since the pane the entity was first seen in; a duration, remembered for 180 days after the \
            entity's last event
            """
        ) { _ in .feature(Feature(question: .age)) },
        FeatureDefinition(
            "reputation", [],
            "1 while a verdict holds that says `confirmed` of the entity (180 days where it says no other end), else 0"
        ) { _ in .feature(Feature(question: .reputation)) },
        FeatureDefinition("accounts", [.window], of: .fingerprint, "the distinct accounts") {
            .distinct(Vocabulary.account, $0.windowMs)
        },
        FeatureDefinition(
            "new_accounts", [.window], of: .fingerprint, "the accounts younger than 14 days"
        ) { .newAccounts($0.windowMs) },
        FeatureDefinition(
            "new_share", [.window], of: .fingerprint, "the new accounts by all accounts"
        ) {
            .binary(
                .divide, .newAccounts($0.windowMs), .distinct(Vocabulary.account, $0.windowMs))
        },
        FeatureDefinition(
            "payers", [.window], of: .fingerprint,
            "the distinct payment instruments of its accounts: 1 is one customer"
        ) { .distinct("payment", $0.windowMs) },
        FeatureDefinition(
            "spread", [.window], of: .fingerprint,
            "accounts x novelty x min(1, payers / accounts); novelty is 1 up to 30 days of age, then 0"
        ) { .spread($0.windowMs) },
        FeatureDefinition(
            "credential_spread", [.window], of: .account,
            "the distinct values of `ip` + `asn` + `device` + `tls_ja4`"
        ) { arguments in
            ["asn", "device", "tls_ja4"].reduce(.distinct("ip", arguments.windowMs)) {
                .binary(.add, $0, .distinct($1, arguments.windowMs))
            }
        },
    ]
}

/// The reference of the features that conditions can ask for.
public enum FeatureReference {
    /// The table of all features, in Markdown: the call, the entities that have it, and the meaning.
    public static func markdown() -> String {
        let rows = FeatureDefinition.all.map { feature in
            "| `\(feature.usage)` | \(feature.audience?.rawValue ?? "both") | \(feature.meaning) |\n"
        }
        return "| feature | of | meaning |\n|---|---|---|\n" + rows.joined()
    }
}

/// The numbers behind features.
enum FeatureLimits {
    /// The longest window: 35 days.
    static let windowMs: Int64 = 35 * 86_400_000
    /// The longest window of `hours_active`: what the hour bitmap covers.
    static let hoursWindowMs: Int64 = 7 * 86_400_000
    /// An account younger than this is new.
    static let newAccountMs = StateSchema.newAccountMs
    /// A fingerprint first seen within this is novel.
    static let noveltyMs: Int64 = 30 * 86_400_000
    /// Values `top` lists at most.
    static let topCount: Int64 = 100
    /// An hour.
    static let hourMs: Int64 = 3_600_000
}
