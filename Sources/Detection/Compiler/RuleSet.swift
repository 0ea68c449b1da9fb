import Aggregation
import Primitives

/// Why rules cannot run together.
public enum RuleSetError: Error, Equatable {
    /// More fingerprint kinds are used than the engine tracks (`RuleSet.kindLimit`): use fewer.
    case tooManyKinds(Int)
    /// More rules than `RuleSet.ruleLimit`: use fewer.
    case tooManyRules(Int)
    /// More measures, or dimensions with their load windows, than are kept per entity
    /// (`StateSchema.limit`): use fewer.
    case tooManyFeatures(EntityClass, measures: Int, dimensions: Int)
}

/// The active and shadow rules, compiled together: what state they need, and how to evaluate them.
///
/// Everything is in canonical order (rules by id, kinds and dimensions by name), so the same rules give the
/// same set, in whatever files they stand.
public struct RuleSet: Sendable {
    /// Fingerprint kinds at most.
    public static let kindLimit = 64
    /// Rules at most.
    public static let ruleLimit = 10_000

    /// The rules, by id.
    public let rules: [CompiledRule]
    /// The rules about campaigns.
    public let campaigns: CampaignRuleSet
    /// The width of the panes windows are counted in.
    public let paneWidth: PaneWidth
    /// The tracked fingerprint kinds, by name: those rules judge, and those that are dimensions.
    public let kinds: [String]
    /// The tracked signals, by name, without the prefix `signals.`.
    public let signals: [String]
    /// What accounts need kept.
    public let accountSchema: StateSchema
    /// What fingerprints need kept.
    public let fingerprintSchema: StateSchema
    /// A digest of all rules and the pane width.
    public let digest: UInt64

    let accountProgram: Program
    let fingerprintProgram: Program

    /// Compiles `rules`; paused ones are left out.
    ///
    /// - Throws: `RuleSetError` when they exceed a limit; the user has to remove some.
    public init(
        _ rules: [Rule], campaigns: [CampaignRule] = [], paneWidth: PaneWidth = .standard
    ) throws(RuleSetError) {
        self.campaigns = CampaignRuleSet(campaigns)
        let running = rules.filter { $0.status != .paused }.sorted { $0.info.id < $1.info.id }
        if running.count > Self.ruleLimit { throw .tooManyRules(running.count) }
        self.paneWidth = paneWidth
        accountSchema = Self.schema(.account, running, paneWidth)
        fingerprintSchema = Self.schema(.fingerprint, running, paneWidth)
        let schemas = [accountSchema, fingerprintSchema]
        for (entity, schema) in zip([EntityClass.account, .fingerprint], schemas) {
            let counts = (schema.measures.count, schema.dimensions.count)
            if max(counts.0, counts.1) > StateSchema.limit {
                throw .tooManyFeatures(entity, measures: counts.0, dimensions: counts.1)
            }
        }
        kinds = Self.kinds(running, schemas)
        signals = Self.signals(schemas)
        if kinds.count > Self.kindLimit { throw .tooManyKinds(kinds.count) }

        var accounts = Program(schema: accountSchema, paneWidth: paneWidth, kinds: kinds)
        var prints = Program(schema: fingerprintSchema, paneWidth: paneWidth, kinds: kinds)
        var compiled: [CompiledRule] = []
        for rule in running {
            let isAccount = rule.entity == .account
            compiled.append(
                isAccount
                    ? Self.compile(rule, &accounts, kinds, paneWidth)
                    : Self.compile(rule, &prints, kinds, paneWidth))
        }
        self.rules = compiled
        accountProgram = accounts
        fingerprintProgram = prints
        let parts = running.map { String($0.digest, radix: 16) } + [String(paneWidth.ms)]
        digest = xxh3(parts.joined(separator: " "))
    }

    /// How rules feed campaigns, by their ids.
    public var feeds: [String: CampaignFeed] {
        var feeds: [String: CampaignFeed] = [:]
        for rule in rules { feeds[rule.info.id] = rule.campaign }
        return feeds
    }

    /// The rule with an id. O(log rules).
    public func rule(_ id: String) -> CompiledRule? {
        var (low, high) = (0, rules.count)
        while low < high {
            let middle = (low + high) / 2
            if rules[middle].info.id < id { low = middle + 1 } else { high = middle }
        }
        return low < rules.count && rules[low].info.id == id ? rules[low] : nil
    }

    /// Whether there can be campaigns: some rule feeds them, and some rule says which clusters are one.
    public var hasCampaigns: Bool { !campaigns.rules.isEmpty && !feeds.isEmpty }

    /// What entities of a class need kept.
    public func schema(of entity: EntityClass) -> StateSchema {
        entity == .account ? accountSchema : fingerprintSchema
    }

    /// The rules that judge entities of a kind, by index.
    public func ruleIndices(of kind: EntityKind) -> [Int] {
        rules.indices.filter { i in
            guard let index = kind.index else { return rules[i].entity == .account }
            return rules[i].kinds.contains(index)
        }
    }

    /// What an entity of a kind must have before any rule can hold; nil where none judges it.
    public func gate(of kind: EntityKind) -> Gate? {
        let gates = ruleIndices(of: kind).map { rules[$0].gate }
        guard let first = gates.first else { return nil }
        return gates.dropFirst().reduce(first) { $0.either($1) }
    }

    func program(of entity: EntityClass) -> Program {
        entity == .account ? accountProgram : fingerprintProgram
    }
}

extension RuleSet {
    private static func schema(
        _ entity: EntityClass, _ rules: [Rule], _ paneWidth: PaneWidth
    ) -> StateSchema {
        var builder = SchemaBuilder(paneWidth: paneWidth)
        let own = rules.filter { $0.entity == entity }
        for rule in own { builder.add(rule) }
        return builder.schema(of: entity, isUsed: !own.isEmpty)
    }

    private static func kinds(_ rules: [Rule], _ schemas: [StateSchema]) -> [String] {
        let dimensions =
            schemas.flatMap(\.dimensions).map(\.name)
            + schemas.flatMap(\.measures).compactMap(Vocabulary.presence)
        let used = dimensions.compactMap { name -> String? in
            guard case .kind(let kind) = EventInput(dimension: name) else { return nil }
            return kind
        }
        return Set(used + rules.flatMap(\.kinds)).sorted()
    }

    private static func signals(_ schemas: [StateSchema]) -> [String] {
        let names = schemas.flatMap { schema in
            schema.measures.map { Vocabulary.presence($0) ?? $0 } + schema.dimensions.map(\.name)
        }
        return Set(names.compactMap(Vocabulary.signal)).sorted()
    }

    private static func subjectPanes(_ condition: Term, _ width: PaneWidth) -> UInt32 {
        var longest: UInt32 = 1
        condition.forEachFeature { longest = max(longest, $0.window(in: width)) }
        return longest
    }

    private static func compile(
        _ rule: Rule, _ program: inout Program, _ kinds: [String], _ width: PaneWidth
    ) -> CompiledRule {
        let condition = program.add(rule.condition)
        let evidence = rule.evidence.map { item -> CompiledRule.Evidence in
            switch item.value {
            case .number(let term):
                return .init(name: item.name, operand: .number(root: program.add(term)))
            case .top(let name, let count, let ms):
                let window = width.count(spanMs: ms)
                let index = program.dimension(name, loadWindow: window) ?? 0
                return .init(
                    name: item.name, operand: .top(dimension: index, count: count, window: window))
            }
        }
        let resolved = program
        return CompiledRule(
            info: rule.info, entity: rule.entity,
            kinds: rule.kinds.compactMap { kinds.firstIndex(of: $0) }.sorted(),
            gate: Gate(rule.condition) { resolved.dimension($0) }, lifecycle: rule.lifecycle,
            minHistoryPanes: rule.minHistoryMs == 0 ? 0 : width.count(spanMs: rule.minHistoryMs),
            subjectPanes: subjectPanes(rule.condition, width), campaign: rule.campaign,
            alerts: rule.alerts, evidence: evidence,
            needs: RuleNeeds(rule), digest: rule.digest, condition: condition)
    }
}
