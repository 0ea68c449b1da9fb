import YAML

/// Reads the `tests` of a rule.
struct RuleTestReader {
    private let vocabulary: Vocabulary
    private let diagnostics: Diagnostics

    private static let dayMs: Int64 = 86_400_000
    private static let spanMs = 400 * dayMs

    init(vocabulary: Vocabulary, _ diagnostics: Diagnostics) {
        self.vocabulary = vocabulary
        self.diagnostics = diagnostics
    }

    /// The tests at `node`, without those that have errors.
    func read(_ node: Node?) -> [RuleTest] {
        guard let items = node?.list("'tests'", limit: 100, diagnostics) else { return [] }
        return items.compactMap { test($0) }
    }

    private func test(_ node: Node) -> RuleTest? {
        guard var map = MappingReader(node, "a test", diagnostics) else { return nil }
        let name = map.required("name")?.text("'name'", diagnostics)
        let events = map.required("events")
        let expect = map.required("expect")
        map.finish()
        let groups = (events?.list("'events'", limit: 100, diagnostics) ?? []).compactMap(group)
        let expectations = (expect?.list("'expect'", limit: 1000, diagnostics) ?? [])
            .compactMap(expectation)
        guard let name, let events else { return nil }
        let test = RuleTest(name: name, expectations: expectations, groups: groups)
        if test.eventCount > RuleTest.eventLimit {
            let message = "a test has at most \(RuleTest.eventLimit) events, not \(test.eventCount)"
            diagnostics.error(message, at: events)
        }
        return test
    }

    private func expectation(_ node: Node) -> RuleTest.Expectation? {
        guard var map = MappingReader(node, "an expectation", diagnostics) else { return nil }
        let entityNode = map.required("entity")
        let within = map.durationMs("within", in: 0...Self.spanMs)
        let status = map.choice("status", of: Finding.Status.self) ?? .create
        let severity = map.choice("severity", of: Severity.self)
        map.finish()
        guard let entityNode, var entity = entityNode.text("'entity'", diagnostics) else {
            return nil
        }
        let kind = String(entity.prefix { $0 != ":" })
        // Findings name kinds of one's own without the prefix.
        if let bare = vocabulary.kind(kind) { entity = bare + entity.dropFirst(kind.count) }
        if !entity.contains(":") {
            let notes = ["write account:alice or payment:p1"]
            diagnostics.error("an entity is kind:value", at: entityNode, notes: notes)
        } else if kind != Vocabulary.account, vocabulary.kind(kind) == nil {
            let notes = vocabulary.kindNotes(kind)
            diagnostics.error("unknown kind '\(kind)'", at: entityNode, notes: notes)
        }
        return RuleTest.Expectation(
            entity: entity, withinMs: within, status: status, severity: severity)
    }

    private func group(_ node: Node) -> EventGroup? {
        guard var map = MappingReader(node, "an event group", diagnostics) else { return nil }
        let count = map.integer("repeat", in: 1...Int64(RuleTest.eventLimit)) ?? 1
        let everyMs = map.durationMs("every", in: 0...Self.dayMs) ?? 0
        let startMs = map.durationMs("start", in: 0...Self.spanMs) ?? 0
        let set = map.required("set")
        map.finish()
        guard let set else { return nil }
        guard let pairs = set.pairs else {
            diagnostics.error("'set' must be a mapping, not \(set.summary)", at: set)
            return nil
        }
        if set[Vocabulary.account] == nil { diagnostics.error("an event needs 'account'", at: set) }
        let settings = pairs.compactMap { pair in
            setting(pair).map { (target: $0.0, value: $0.1) }
        }
        return EventGroup(
            count: Int(count), everyMs: everyMs, startMs: startMs, settings: settings)
    }

    private func setting(_ pair: Node.Pair) -> (EventGroup.Target, EventGroup.FieldValue)? {
        guard let target = target(pair) else { return nil }
        guard let text = pair.value.text("'\(pair.name)'", diagnostics) else { return nil }
        if target == .accountCreated, text.hasPrefix("-"),
            let ms = durationMs(text.dropFirst()), ms <= 100 * 365 * Self.dayMs
        {
            return (target, .beforeOrigin(ms: ms))
        }
        do throws(ExpressionError) {
            let template = try Template.parse(text)
            return try value(template, for: target, in: pair.value).map { (target, $0) }
        } catch {
            let range = ScalarPlaces(pair.value).range(error.range.lower, error.range.upper)
            let source = pair.value.source
            diagnostics.error(error.message, at: range, in: source, notes: error.notes)
            return nil
        }
    }

    private func value(
        _ template: Template, for target: EventGroup.Target, in node: Node
    ) throws(ExpressionError) -> EventGroup.FieldValue? {
        switch target {
        case .account, .fingerprint, .string: return .text(template)
        case .signal:
            if let number = number(template, in: node) { return .number(number) }
            return .text(template)
        case .number, .accountCreated:
            if let number = number(template, in: node) { return .number(number) }
            let hint = target == .accountCreated ? ", or a duration before the start: -3d" : ""
            let message = "must be a whole number or one {{expression}}\(hint)"
            let range = TextRange(lower: 0, upper: node.scalar?.text.utf8.count ?? 0)
            throw ExpressionError(message: message, range: range)
        }
    }

    /// The number a value says: a lone expression, a plain integer, or true or false.
    private func number(_ template: Template, in node: Node) -> TemplateExpression? {
        if let expression = template.loneExpression { return expression }
        guard node.scalar?.style == .plain, let text = node.scalar?.text else { return nil }
        if text == "true" || text == "false" { return .constant(text == "true" ? 1 : 0) }
        return Int64(text).map { .constant($0) }
    }

    private static let numberFields = [
        "status", "turn", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
        "max_tokens", "latency_ms",
    ]
    private static let stringFields = ["id", "end_user"] + Vocabulary.plainDimensions

    private func target(_ pair: Node.Pair) -> EventGroup.Target? {
        let name = pair.name
        if name == Vocabulary.account { return .account }
        if name == "account_created" { return .accountCreated }
        if Self.numberFields.contains(name) { return .number(name) }
        if Self.stringFields.contains(name) { return .string(name) }
        if Vocabulary.isSignal(name) {
            return .signal(String(name.dropFirst(Vocabulary.signalPrefix.count)))
        }
        if name.hasPrefix(Vocabulary.kindPrefix), let kind = vocabulary.kind(name) {
            return checked(kind, pair)
        }
        var notes = suggestionNotes(
            for: name,
            among: [Vocabulary.account, "account_created"] + Self.numberFields + Self.stringFields)
        if vocabulary.kinds.contains(name) { notes = ["write fingerprints.\(name)"] }
        diagnostics.error("unknown field '\(name)'", at: pair.key, notes: notes)
        return nil
    }

    /// The fingerprint kind; one that nearly spells a known kind is a slip.
    private func checked(_ kind: String, _ pair: Node.Pair) -> EventGroup.Target? {
        if !vocabulary.kinds.contains(kind),
            let close = suggestion(for: kind, among: vocabulary.kinds)
        {
            let notes = ["did you mean '\(Vocabulary.kindPrefix)\(close)'?"]
            diagnostics.error("unknown fingerprint kind '\(kind)'", at: pair.key, notes: notes)
            return nil
        }
        return .fingerprint(kind)
    }
}
