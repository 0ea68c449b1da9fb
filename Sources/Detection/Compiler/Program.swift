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
    /// The condition, left or only operand; the feature's slot; the kind's code.
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    var constant: Double = 0
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
            guard let index = kinds.firstIndex(of: kind) else {
                return append(Instruction(operation: .constant, constant: 0))
            }
            let code = EntityKind.fingerprint(index).code
            return append(Instruction(operation: .isKind, a: Int32(code)))
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

    /// The feature with its names looked up; the schema was built from the same rules, so it has them.
    private func resolve(_ feature: Feature) -> FeatureSlot {
        let subject: Int?
        switch feature.question.row.keeps {
        case .measure: subject = schema.measures.firstIndex(of: feature.subject)
        case .values: subject = dimension(feature.subject)
        case .loads:
            let window = feature.window(in: paneWidth)
            subject = dimension(feature.subject, loadWindow: window)
        case .hours, .age, .nothing: subject = nil
        }
        return FeatureSlot(feature, subject: subject ?? 0, paneWidth)
    }
}
