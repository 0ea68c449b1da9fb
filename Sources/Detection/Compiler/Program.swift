import Aggregation
import Primitives

/// One node of a compiled expression; operands are indices of earlier nodes.
struct Instruction {
    enum Operation: UInt8 {
        case constant, feature, isKind, not, negate, binary, conditional
    }

    var operation: Operation
    /// What `binary` computes.
    var binary = BinaryOperator.and
    /// The condition, left or only operand; the feature's slot; the kind's index.
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    var constant: Double = 0
}

/// A feature with its names resolved: what to ask a `FeatureSource`.
struct FeatureSlot: Hashable {
    enum Question: UInt8 {
        case sum, signalSum, distinct, evenness, accountEvenness, topShare, newborn, activeHours,
            age
    }

    var question: Question
    /// The index of the measure or dimension.
    var subject = 0
    /// The window in panes.
    var window: UInt32 = 0
    /// Panes below which an account is new; hours of the window of `activeHours`.
    var limit: UInt32 = 0
}

/// The conditions and evidence of all rules of one class, as flat arrays; features shared by rules appear once.
struct Program {
    private(set) var instructions: [Instruction] = []
    private(set) var features: [FeatureSlot] = []
    private let schema: StateSchema
    private let paneWidth: PaneWidth
    private let kinds: [String]
    private var slots: [FeatureSlot: Int] = [:]

    init(schema: StateSchema, paneWidth: PaneWidth, kinds: [String]) {
        self.schema = schema
        self.paneWidth = paneWidth
        self.kinds = kinds
    }

    /// Compiles `term`; returns the index of its root.
    mutating func add(_ term: Term) -> Int32 {
        switch term {
        case .constant(let value):
            return append(Instruction(operation: .constant, constant: value))
        case .feature(let feature):
            return append(Instruction(operation: .feature, a: Int32(slot(feature))))
        case .isKind(let kind):
            let index = kinds.firstIndex(of: kind) ?? -2
            return append(Instruction(operation: .isKind, a: Int32(index)))
        case .not(let operand):
            return append(Instruction(operation: .not, a: add(operand)))
        case .negate(let operand):
            return append(Instruction(operation: .negate, a: add(operand)))
        case .binary(let op, let left, let right):
            let (a, b) = (add(left), add(right))
            return append(Instruction(operation: .binary, binary: op, a: a, b: b))
        case .conditional(let condition, let yes, let no):
            let (a, b, c) = (add(condition), add(yes), add(no))
            return append(Instruction(operation: .conditional, a: a, b: b, c: c))
        }
    }

    /// The index of the dimension that answers `distinct`; with `loadWindow`, of the one with those loads.
    func dimension(_ name: String, loadWindow: UInt32? = nil) -> Int? {
        schema.dimensions.firstIndex { dimension in
            dimension.name == name && (loadWindow.map { $0 == dimension.loadWindow } ?? true)
        }
    }

    private mutating func append(_ instruction: Instruction) -> Int32 {
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    private mutating func slot(_ feature: Feature) -> Int {
        let resolved = resolve(feature)
        if let index = slots[resolved] { return index }
        features.append(resolved)
        slots[resolved] = features.count - 1
        return features.count - 1
    }

    private func resolve(_ feature: Feature) -> FeatureSlot {
        let window = feature == .age ? 0 : paneWidth.count(spanMs: feature.windowMs)
        func dimensional(
            _ question: FeatureSlot.Question, _ name: String, loads: Bool = false
        ) -> FeatureSlot {
            // The schema was built from the same rules, so the dimension is always there.
            let index = dimension(name, loadWindow: loads ? window : nil) ?? 0
            return FeatureSlot(question: question, subject: index, window: window)
        }
        switch feature {
        case .sum(let measure, _):
            let index = schema.measures.firstIndex(of: measure) ?? 0
            let isSignal = measure.hasPrefix(Vocabulary.signalPrefix)
            return FeatureSlot(
                question: isSignal ? .signalSum : .sum, subject: index, window: window)
        case .distinct(let name, _): return dimensional(.distinct, name)
        case .evenness("account", _): return dimensional(.accountEvenness, "account", loads: true)
        case .evenness(let name, _): return dimensional(.evenness, name, loads: true)
        case .topShare(let name, _): return dimensional(.topShare, name, loads: true)
        case .newborn(let name, _, let youngerMs):
            var slot = dimensional(.newborn, name)
            slot.limit = paneWidth.count(spanMs: youngerMs)
            return slot
        case .activeHours(let windowMs):
            let hours = (windowMs + FeatureLimits.hourMs - 1) / FeatureLimits.hourMs
            return FeatureSlot(question: .activeHours, window: window, limit: UInt32(hours))
        case .age: return FeatureSlot(question: .age)
        }
    }
}
