import Aggregation
import Primitives

/// The questions a `FeatureSource` answers: what all features are made of.
///
/// A new question is a case, its row, and its line in `FeatureSlot.value`.
enum Question: UInt8, Sendable {
    case sum, signalSum, distinct, evenness, accountEvenness, topShare, newborn, activeHours, age
    case reputation, focus, dispersion

    /// What has to be kept of an entity to answer.
    enum State {
        /// The sums of a measure.
        case measure
        /// The values of a dimension; the answer is a number of them, so a bound on it bounds their number.
        case values
        /// The values of a dimension with their loads over the window.
        case loads
        /// The hours it was active in.
        case hours
        /// When it was first seen.
        case age
        /// Nothing: what people decided is kept for itself.
        case nothing
    }

    /// What the compiler has to know of a question.
    struct Row {
        /// Its name in digests.
        let name: String
        /// What has to be kept.
        let keeps: State
        /// What the answer may come to.
        let reach: Reach
        /// What it comes to where no event has the measure or dimension.
        var reachWithoutInput = Reach.zero
    }

    /// The question's row of the table.
    var row: Row {
        switch self {
        case .sum, .signalSum: Row(name: "sum", keeps: .measure, reach: .count)
        case .distinct: Row(name: "distinct", keeps: .values, reach: .count)
        case .newborn: Row(name: "newborn", keeps: .values, reach: .anyNumber)
        case .evenness, .accountEvenness:
            Row(
                name: "evenness", keeps: .loads, reach: .anyNumber, reachWithoutInput: .undefined)
        case .topShare:
            Row(
                name: "top_share", keeps: .loads, reach: .anyNumber, reachWithoutInput: .undefined)
        case .focus:
            Row(name: "focus", keeps: .loads, reach: .anyNumber, reachWithoutInput: .undefined)
        case .dispersion: Row(name: "dispersion", keeps: .measure, reach: .anyNumber)
        case .activeHours: Row(name: "active_hours", keeps: .hours, reach: .count)
        case .age: Row(name: "age", keeps: .age, reach: .count)
        case .reputation:
            Row(
                name: "reputation", keeps: .nothing,
                reach: Reach(low: 0, high: 1, mayBeUndefined: false))
        }
    }
}

/// A feature with its names resolved: what to ask a `FeatureSource`.
struct FeatureSlot: Hashable {
    let question: Question
    /// The index of the measure or dimension.
    let subject: Int
    /// The window in panes.
    let window: UInt32
    /// The panes below which an account is new; the hours of the window of `activeHours`.
    let limit: UInt32

    /// The slot of `feature`, whose measure or dimension has the index `subject`.
    init(_ feature: Feature, subject: Int, _ width: PaneWidth) {
        question = feature.question
        self.subject = subject
        window = feature.window(in: width)
        switch feature.question {
        case .newborn: limit = width.count(spanMs: feature.youngerMs)
        case .activeHours:
            limit = UInt32((feature.windowMs + FeatureLimits.hourMs - 1) / FeatureLimits.hourMs)
        default: limit = 0
        }
    }

    /// The feature's value now; NaN where it is undefined.
    ///
    /// `paneMs` is the width of a pane: ages are milliseconds.
    @inline(__always)
    func value<Source: FeatureSource>(_ source: borrowing Source, paneMs: Double) -> Double {
        switch question {
        case .sum: Double(source.sum(measure: subject, window: window))
        // Signals are counted in thousandths.
        case .signalSum: Double(source.sum(measure: subject, window: window)) / 1000
        case .distinct: source.distinct(dimension: subject, window: window)
        case .evenness: source.loads(dimension: subject, window: window).evenness
        case .accountEvenness:
            source.loads(dimension: subject, window: window)
                .evenness(ofAll: Double(source.sum(measure: 0, window: window)))
        case .topShare: source.loads(dimension: subject, window: window).topShare
        case .focus: source.loads(dimension: subject, window: window).focus
        case .dispersion: source.stretches(measure: subject, window: window).dispersion
        case .newborn: source.newborn(dimension: subject, window: window, youngerThan: limit)
        case .activeHours: Double(source.activeHours(hours: limit)) / Double(limit)
        case .age: Double(source.agePanes) * paneMs
        case .reputation: source.reputation
        }
    }
}
