/// Numbers an entity must have before a rule's condition can hold: what lets the engine skip cold entities.
///
/// Necessary, not sufficient. `requests(24h) >= 3000 && accounts(24h) >= 15` gives 3000 requests and 15
/// values of `account`; the engine may compare them with counts over any longer time.
public struct Gate: Equatable, Sendable {
    /// Requests the entity must have seen; 0 where the condition bounds nothing.
    public var minRequests: Int64
    /// Distinct values it must have seen, by index of the dimension in the class's schema, ascending.
    public var minValues: [(dimension: Int, atLeast: Int)]

    /// A gate.
    public init(minRequests: Int64 = 0, minValues: [(dimension: Int, atLeast: Int)] = []) {
        self.minRequests = minRequests
        self.minValues = minValues
    }

    /// Whether every entity passes.
    public var isOpen: Bool { minRequests == 0 && minValues.isEmpty }

    /// Equal in both parts.
    public static func == (a: Gate, b: Gate) -> Bool {
        a.minRequests == b.minRequests && a.minValues.elementsEqual(b.minValues, by: ==)
    }

    /// The gate of what passes this one or `other`.
    public func either(_ other: Gate) -> Gate {
        let values = minValues.compactMap { own in
            other.minValues.first { $0.dimension == own.dimension }
                .map { (dimension: own.dimension, atLeast: min(own.atLeast, $0.atLeast)) }
        }
        return Gate(minRequests: min(minRequests, other.minRequests), minValues: values)
    }

    /// The gate of what passes this one and `other`.
    func both(_ other: Gate) -> Gate {
        var merged = Dictionary(minValues.map { ($0.dimension, $0.atLeast) }, uniquingKeysWith: max)
        for value in other.minValues {
            merged[value.dimension] = max(merged[value.dimension] ?? 0, value.atLeast)
        }
        let values = merged.sorted { $0.key < $1.key }.map {
            (dimension: $0.key, atLeast: $0.value)
        }
        return Gate(minRequests: max(minRequests, other.minRequests), minValues: values)
    }
}

extension Gate {
    /// What must be true for `condition` to hold; `dimension` gives a dimension's index.
    init(_ condition: Term, dimension: (String) -> Int?) {
        switch condition {
        case .binary(.and, let a, let b):
            self = Gate(a, dimension: dimension).both(Gate(b, dimension: dimension))
        case .binary(.or, let a, let b):
            self = Gate(a, dimension: dimension).either(Gate(b, dimension: dimension))
        case .binary(.greaterOrEqual, let term, .constant(let bound)),
            .binary(.lessOrEqual, .constant(let bound), let term):
            self = Gate(term, atLeast: bound, dimension)
        case .binary(.greater, let term, .constant(let bound)),
            .binary(.less, .constant(let bound), let term):
            self = Gate(term, atLeast: bound.nextUp, dimension)
        default: self = Gate()
        }
    }

    private init(_ term: Term, atLeast bound: Double, _ dimension: (String) -> Int?) {
        self.init()
        guard bound > 0, bound < 1e15 else { return }
        switch term {
        case .feature(let feature) where feature.question == .sum && feature.subject == "requests":
            minRequests = Int64(bound.rounded(.up))
        case .feature(let feature) where feature.question.row.keeps == .values:
            // Estimates of large counts need not be whole: rounding down keeps the gate necessary.
            if let index = dimension(feature.subject) { minValues = [(index, Int(bound))] }
        case .binary(.minimum, let a, let b):
            self = Gate(a, atLeast: bound, dimension).both(Gate(b, atLeast: bound, dimension))
        case .conditional(_, let yes, .constant(let no)) where no < bound:
            self = Gate(yes, atLeast: bound, dimension)
        default: break
        }
    }
}
