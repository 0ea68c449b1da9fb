import Detection
import Events
import Primitives

/// Where a measure's number comes from in an event.
enum MeasureSource {
    case requests
    case number(NumberField)
    case errors
    case throttled
    case singleTurn
    case signal(Int)
    /// Whether the event carries a dimension.
    case presence(DimensionSource)

    /// The source of a measure as rules spell it; nil for an unknown name.
    init?(_ name: String, kinds: [Kind], signals: [String]) {
        if name.hasPrefix(Vocabulary.presencePrefix) {
            let dimension = String(name.dropFirst(Vocabulary.presencePrefix.count))
            guard let source = DimensionSource(dimension, kinds: kinds, signals: signals) else {
                return nil
            }
            self = .presence(source)
            return
        }
        switch name {
        case "requests": self = .requests
        case "errors": self = .errors
        case "throttled": self = .throttled
        case "single_turn": self = .singleTurn
        default:
            if let field = EventField(name: name).flatMap({ NumberField(rawValue: $0.rawValue) }) {
                self = .number(field)
            } else if let signal = signalIndex(name, signals) {
                self = .signal(signal)
            } else {
                return nil
            }
        }
    }

    /// What the event adds; 0 where the field is missing. It lies within 0 ... 2^32 - 1 but for signals, which
    /// are in thousandths.
    @inline(__always)
    func value(of event: Event) -> Int64 {
        switch self {
        case .requests: 1
        case .number(let field): Int64(UInt32(clamping: event.number(field) ?? 0))
        case .errors: event.number(.status).map { $0 >= 400 && $0 != 429 ? 1 : 0 } ?? 0
        case .throttled: event.number(.status) == 429 ? 1 : 0
        case .singleTurn: event.number(.turn).map { $0 <= 1 ? 1 : 0 } ?? 0
        case .signal(let index): signalThousandths(index, of: event)
        case .presence(let dimension): dimension.isPresent(in: event) ? 1 : 0
        }
    }
}

/// Where a dimension's value comes from in an event.
enum DimensionSource: Equatable {
    case account
    case kind(Int)
    case string(StringField)
    case signal(Int)

    /// The source of a dimension as rules spell it; nil for an unknown name.
    init?(_ name: String, kinds: [Kind], signals: [String]) {
        if name == Kind.account.name {
            self = .account
        } else if let kind = kinds.firstIndex(where: { $0.name == name }) {
            self = .kind(kind)
        } else if let field = EventField(name: name).flatMap({ StringField(rawValue: $0.rawValue) })
        {
            self = .string(field)
        } else if let signal = signalIndex(name, signals) {
            self = .signal(signal)
        } else {
            return nil
        }
    }
}

extension DimensionSource {
    /// Whether the event carries the dimension itself; a derived subnet is none that it carries.
    func isPresent(in event: Event) -> Bool {
        switch self {
        case .account: return true
        case .kind(let kind):
            for i in 0..<event.fingerprintCount where event.fingerprintKind(i) == kind {
                return true
            }
            return false
        case .string(let field): return event.string(field) != nil
        case .signal(let index):
            for i in 0..<event.signalCount where event.signalIndex(i) == index { return true }
            return false
        }
    }
}

private func signalIndex(_ name: String, _ signals: [String]) -> Int? {
    name.hasPrefix("signals.") ? signals.firstIndex(of: String(name.dropFirst(8))) : nil
}

/// The thousandths that the tracked signal `index` counts; 0 where the event has none, or a text.
func signalThousandths(_ index: Int, of event: Event) -> Int64 {
    for i in 0..<event.signalCount where event.signalIndex(i) == index {
        return event.signalThousandths(i) ?? 0
    }
    return 0
}

/// The text of the tracked signal `index`, where the event has it.
func signalText(_ index: Int, of event: Event) -> ByteSlice? {
    for i in 0..<event.signalCount where event.signalIndex(i) == index {
        return event.signalText(i)
    }
    return nil
}
