import Aggregation

/// Evaluates the rules of one class of entities; one per task, used by one thread.
///
/// Call `begin()` for each entity and moment, then `holds` for each of its rules: a feature that several
/// rules ask for is computed once. Nothing is allocated after `init`. Memory: 32 bytes a node, 40 a feature.
public struct Evaluator: ~Copyable, @unchecked Sendable {
    private let instructions: UnsafeMutableBufferPointer<Instruction>
    private let features: UnsafeMutableBufferPointer<FeatureSlot>
    /// The condition's root by rule of the set; -1 for rules of the other class.
    private let conditions: UnsafeMutableBufferPointer<Int32>
    /// Values of features, valid where the stamp is the current one.
    private let values: UnsafeMutablePointer<Double>
    private let stamps: UnsafeMutablePointer<UInt32>
    private var stamp: UInt32 = 1
    private let paneMs: Double

    /// An evaluator of the rules of `set` that judge entities of one class.
    public init(_ set: RuleSet, _ entity: EntityClass) {
        let program = set.program(of: entity)
        instructions = Self.copy(program.instructions)
        features = Self.copy(program.features)
        conditions = Self.copy(set.rules.map { $0.entity == entity ? $0.condition : -1 })
        let count = max(1, features.count)
        values = .allocate(capacity: count)
        values.initialize(repeating: 0, count: count)
        stamps = .allocate(capacity: count)
        stamps.initialize(repeating: 0, count: count)
        paneMs = Double(set.paneWidth.ms)
    }

    deinit {
        instructions.deallocate()
        features.deallocate()
        conditions.deallocate()
        values.deallocate()
        stamps.deallocate()
    }

    private static func copy<T: BitwiseCopyable>(_ items: [T]) -> UnsafeMutableBufferPointer<T> {
        let buffer = UnsafeMutableBufferPointer<T>.allocate(capacity: max(1, items.count))
        _ = buffer.initialize(from: items)
        return UnsafeMutableBufferPointer(rebasing: buffer[..<items.count])
    }

    /// Forgets the features of the entity before: call it for each entity and moment.
    public mutating func begin() {
        if stamp == .max {
            stamps.update(repeating: 0, count: features.count)
            stamp = 0
        }
        stamp += 1
    }

    /// Whether the condition of rule `rule` (its index in the set) holds for `source`.
    ///
    /// A comparison with an undefined feature is false.
    public mutating func holds<Source: FeatureSource>(
        rule: Int, _ source: borrowing Source
    ) -> Bool {
        let root = conditions[rule]
        precondition(root >= 0, "the rule judges entities of the other class")
        return value(root, source) != 0
    }

    /// The evidence of `rule` for `source`; `top` gives the busiest values of a dimension (index, how many,
    /// window in panes), busiest first. Allocates: call it for findings only.
    public mutating func evidence<Source: FeatureSource>(
        _ rule: CompiledRule, _ source: borrowing Source,
        top: (_ dimension: Int, _ count: Int, _ window: UInt32) -> [(value: [UInt8], count: Int64)]
    ) -> [(name: String, value: EvidenceValue)] {
        var evidence: [(name: String, value: EvidenceValue)] = []
        for item in rule.evidence {
            switch item.operand {
            case .number(let root):
                let number = value(root, source)
                evidence.append((item.name, number.isFinite ? .number(number) : .undefined))
            case .top(let dimension, let count, let window):
                evidence.append((item.name, .top(top(dimension, count, window))))
            }
        }
        return evidence
    }

    /// The value of node `index`; recursion is bounded by the size of an expression.
    private mutating func value<Source: FeatureSource>(
        _ index: Int32, _ source: borrowing Source
    ) -> Double {
        let node = instructions[Int(index)]
        switch node.operation {
        case .constant: return node.constant
        case .feature: return feature(Int(node.a), source)
        case .isKind: return source.kind.code == UInt8(truncatingIfNeeded: node.a) ? 1 : 0
        case .not: return value(node.a, source) == 0 ? 1 : 0
        case .negate: return -value(node.a, source)
        case .conditional: return value(value(node.a, source) != 0 ? node.b : node.c, source)
        case .binary:
            let left = value(node.a, source)
            if node.binary == .and, left == 0 { return 0 }
            if node.binary == .or, left != 0 { return 1 }
            return node.binary.apply(left, value(node.b, source))
        }
    }

    private mutating func feature<Source: FeatureSource>(
        _ slot: Int, _ source: borrowing Source
    ) -> Double {
        if stamps[slot] == stamp { return values[slot] }
        let value = features[slot].value(source, paneMs: paneMs)
        values[slot] = value
        stamps[slot] = stamp
        return value
    }
}
