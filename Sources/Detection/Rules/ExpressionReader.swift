import YAML

/// Reads the expressions of a rule: its condition and its evidence.
struct ExpressionReader {
    /// A condition, checked.
    struct Condition {
        var term: Term
        /// The feature calls in it, as written, without repeats.
        var calls: [String]
        /// Where each feature stands.
        var uses: [FeatureUse]
    }

    private let context: CheckingContext
    private let diagnostics: Diagnostics

    init(context: CheckingContext, _ diagnostics: Diagnostics) {
        self.context = context
        self.diagnostics = diagnostics
    }

    /// The condition at `node`; nil after a report.
    func condition(_ node: Node) -> Condition? {
        guard let text = node.text("'when'", diagnostics) else { return nil }
        let excerpt = ExpressionSource(node: node, text: text)
        guard let (checker, typed) = check(excerpt), let typed else { return nil }
        guard typed.type == .flag else {
            let range = excerpt.places.range(0, excerpt.trimmedCount)
            let message = "a condition is true or false, this is \(typed.type.rawValue)"
            diagnostics.error(message, at: range, in: node.source)
            return nil
        }
        var calls: [String] = []
        for range in checker.calls {
            let call = excerpt.slice(range)
            if !calls.contains(call) { calls.append(call) }
        }
        return Condition(
            term: typed.term, calls: calls,
            uses: checker.uses.map { use in
                FeatureUse(
                    value: .number(use.term),
                    range: excerpt.places.range(use.range.lower, use.range.upper),
                    source: excerpt.source)
            })
    }

    /// The evidence at `node`; without one, the features of the condition.
    func evidence(_ node: Node?, condition: Condition?) -> [RuleEvidence] {
        guard let node else {
            let calls = condition?.calls ?? []
            return calls.compactMap { evidence(ExpressionSource(unplaced: $0), condition) }
        }
        guard let items = node.list("'evidence'", limit: 64, diagnostics) else { return [] }
        return ExpressionSource.joining(items, diagnostics).compactMap { source in
            var item = evidence(source, condition)
            item?.place = source.places.range(0, source.trimmedCount)
            item?.source = source.source
            return item
        }
    }

    private func evidence(_ source: ExpressionSource, _ condition: Condition?) -> RuleEvidence? {
        let name = source.slice(TextRange(lower: 0, upper: source.trimmedCount))
        do throws(ExpressionError) {
            let expression = try ExpressionParser.parse(source.text)
            if case .call("top", _, let arguments) = expression.kind {
                let value = top(arguments, at: expression.range, source, condition)
                return value.map { RuleEvidence(name: name, value: $0) }
            }
        } catch {
            report(error, in: source)
            return nil
        }
        guard let typed = check(source)?.1 else { return nil }
        if typed.type == .flag {
            let range = TextRange(lower: 0, upper: source.trimmedCount)
            let message = "evidence is a number, a duration or top(...), this is true or false"
            report(ExpressionError(message: message, range: range), in: source)
            return nil
        }
        // Durations are milliseconds inside; people read seconds.
        let isDuration = typed.type == .duration
        let term = isDuration ? Term.folded(.divide, typed.term, .constant(1000)) : typed.term
        return RuleEvidence(name: name, value: .number(term))
    }

    /// `top(dimension, count[, window])`.
    private func top(
        _ arguments: [Expression], at range: TextRange, _ source: ExpressionSource,
        _ condition: Condition?
    ) -> EvidenceTerm? {
        var checker = TypeChecker(context: context)
        defer { for error in checker.errors { report(error, in: source) } }
        guard arguments.count == 2 || arguments.count == 3 else {
            let notes = ["write top(dimension, count) or top(dimension, count, window)"]
            checker.report("wrong number of arguments", at: range, notes: notes)
            return nil
        }
        var dimension = ""
        var isGood = checker.dimension(arguments[0], into: &dimension)
        var windowMs = Self.loadWindowMs(of: dimension, in: condition)
        if arguments.count == 3 { isGood = checker.window(arguments[2], into: &windowMs) && isGood }
        guard case .number(let count) = arguments[1].kind, let exact = Int64(exactly: count),
            (1...FeatureLimits.topCount).contains(exact)
        else {
            let message = "the count is a whole number of 1 ... \(FeatureLimits.topCount)"
            checker.report(message, at: arguments[1].range)
            return nil
        }
        return isGood
            ? .top(dimension: dimension, count: Int(exact), windowMs: windowMs) : nil
    }

    /// The window for which the condition keeps the loads of `dimension` anyway; else 24 hours.
    private static func loadWindowMs(of dimension: String, in condition: Condition?) -> Int64 {
        var windowMs: Int64?
        condition?.term.forEachFeature { feature in
            guard feature.question.row.keeps == .loads, feature.subject == dimension else { return }
            windowMs = windowMs ?? feature.windowMs
        }
        return windowMs ?? 86_400_000
    }

    private func check(_ source: ExpressionSource) -> (TypeChecker, TypeChecker.Typed?)? {
        var checker = TypeChecker(context: context)
        do throws(ExpressionError) {
            let typed = checker.check(try ExpressionParser.parse(source.text))
            for error in checker.errors { report(error, in: source) }
            return (checker, checker.errors.isEmpty ? typed : nil)
        } catch {
            report(error, in: source)
            return nil
        }
    }

    private func report(_ error: ExpressionError, in source: ExpressionSource) {
        let range = source.places.range(error.range.lower, error.range.upper)
        diagnostics.error(error.message, at: range, in: source.source, notes: error.notes)
    }
}
