import Aggregation

/// How a feature of the condition language is called, and for which entities.
struct FeatureSignature {
    /// What an argument is.
    enum Parameter {
        case window, measure, dimension
        /// A dimension that may be left out: `account`.
        case accountOrDimension
    }

    /// Which entities have it.
    enum Audience {
        case both, fingerprints, accounts
    }

    var name: String
    var parameters: [Parameter]
    var audience = Audience.both

    /// The call as documentation writes it: `sum(measure, window)`.
    var usage: String {
        let words = parameters.map { parameter in
            switch parameter {
            case .window: "window"
            case .measure: "measure"
            case .dimension: "dimension"
            case .accountOrDimension: "[dimension]"
            }
        }
        return "\(name)(\(words.joined(separator: ", ")))"
    }

    /// Every feature but `top`, which is evidence.
    static let all: [FeatureSignature] = [
        FeatureSignature(name: "requests", parameters: [.window]),
        FeatureSignature(name: "sum", parameters: [.measure, .window]),
        FeatureSignature(name: "ratio", parameters: [.measure, .window]),
        FeatureSignature(name: "distinct", parameters: [.dimension, .window]),
        FeatureSignature(name: "evenness", parameters: [.accountOrDimension, .window]),
        FeatureSignature(name: "top_share", parameters: [.accountOrDimension, .window]),
        FeatureSignature(name: "hours_active", parameters: [.window]),
        FeatureSignature(name: "age", parameters: []),
        FeatureSignature(name: "accounts", parameters: [.window], audience: .fingerprints),
        FeatureSignature(name: "new_accounts", parameters: [.window], audience: .fingerprints),
        FeatureSignature(name: "new_share", parameters: [.window], audience: .fingerprints),
        FeatureSignature(name: "payers", parameters: [.window], audience: .fingerprints),
        FeatureSignature(name: "spread", parameters: [.window], audience: .fingerprints),
        FeatureSignature(name: "credential_spread", parameters: [.window], audience: .accounts),
    ]

    /// The feature called `name`.
    static func named(_ name: String) -> FeatureSignature? { all.first { $0.name == name } }

    /// All names, `top` included, for suggestions.
    static let names = all.map(\.name) + ["top"]
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
