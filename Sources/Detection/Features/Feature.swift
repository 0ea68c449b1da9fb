import Primitives

/// A number an entity has at one moment: a question with the names and windows it is asked about.
///
/// Expressions are made of these; what rules write (`FeatureDefinition`) is rewritten in them.
struct Feature: Hashable, Sendable {
    var question: Question
    /// The measure or dimension asked about; empty where the question has none.
    var subject = ""
    /// The window in milliseconds; 0 where the question has none.
    var windowMs: Int64 = 0
    /// The age in milliseconds below which a value is new; 0 where the question has none.
    var youngerMs: Int64 = 0

    /// The window in panes; 0 where the question has none.
    func window(in width: PaneWidth) -> UInt32 {
        windowMs == 0 ? 0 : width.count(spanMs: windowMs)
    }

    /// What it asks events for; nil where every event has it.
    var input: EventInput? {
        switch question.row.keeps {
        case .measure: EventInput(measure: subject)
        case .values, .loads: EventInput(dimension: subject)
        case .hours, .age, .nothing: nil
        }
    }

    /// What it may come to where `isAbsent` says of measures, dimensions and kinds that no event has them.
    func reach(_ isAbsent: (EventInput) -> Bool) -> Reach {
        let row = question.row
        return input.map(isAbsent) ?? false ? row.reachWithoutInput : row.reach
    }

    /// A text equal for equal features only: part of digests, so it never changes.
    var canonical: String {
        let numbers = [windowMs, youngerMs].filter { $0 != 0 }.map(String.init)
        let arguments = (subject.isEmpty ? [] : [subject]) + numbers
        return "\(question.row.name)(\(arguments.joined(separator: ", ")))"
    }
}

extension Term {
    /// The sum of a measure; signals are kept in thousandths.
    static func sum(_ measure: String, _ windowMs: Int64) -> Term {
        let question = Vocabulary.isSignal(measure) ? Question.signalSum : .sum
        return .feature(Feature(question: question, subject: measure, windowMs: windowMs))
    }

    /// How many values of a dimension there are.
    static func distinct(_ dimension: String, _ windowMs: Int64) -> Term {
        .feature(Feature(question: .distinct, subject: dimension, windowMs: windowMs))
    }

    /// How many accounts of a fingerprint are new.
    static func newAccounts(_ windowMs: Int64) -> Term {
        .feature(
            Feature(
                question: .newborn, subject: Vocabulary.account, windowMs: windowMs,
                youngerMs: FeatureLimits.newAccountMs))
    }

    /// How evenly requests spread over the values of a dimension.
    static func evenness(_ dimension: String, _ windowMs: Int64) -> Term {
        let isOfAll = dimension == Vocabulary.account
        return .feature(
            Feature(
                question: isOfAll ? .accountEvenness : .evenness, subject: dimension,
                windowMs: windowMs))
    }

    /// accounts x novelty x min(1, payers / accounts), with novelty 1 up to 30 days of age, then 0.
    ///
    /// Written as min(accounts, payers): the same number, and a bound on it bounds both.
    static func spread(_ windowMs: Int64) -> Term {
        let isNovel = Term.binary(
            .lessOrEqual, .feature(Feature(question: .age)),
            .constant(Double(FeatureLimits.noveltyMs)))
        let accounts = Term.distinct(Vocabulary.account, windowMs)
        let payers = Term.distinct("payment", windowMs)
        return .conditional(isNovel, .binary(.minimum, accounts, payers), .constant(0))
    }
}
