import YAML

extension TypeChecker {
    /// A feature call: `accounts(24h)`, `sum(output_tokens, 1h)`.
    mutating func call(
        _ name: String, at nameRange: TextRange, whole: TextRange, _ arguments: [Expression]
    ) -> Typed? {
        if name == "top" {
            report("top is evidence, not a number", at: nameRange)
            return nil
        }
        guard let feature = FeatureDefinition.named(name) else {
            let notes = suggestionNotes(for: name, among: FeatureDefinition.names)
            report("unknown feature '\(name)'", at: nameRange, notes: notes)
            return nil
        }
        guard isAvailable(feature, at: nameRange) else { return nil }
        guard let values = read(feature, at: whole, arguments) else { return nil }
        let limits = feature.windowsMs
        guard limits.contains(values.windowMs) else {
            let ends = [limits.lowerBound, limits.upperBound].map { durationText(ms: $0) }
            report("the window of \(name) is \(ends[0]) ... \(ends[1])", at: whole)
            return nil
        }
        return Typed(term: feature.term(values), type: feature.type)
    }

    private mutating func isAvailable(_ feature: FeatureDefinition, at range: TextRange) -> Bool {
        guard let audience = feature.audience, audience != context.entity else { return true }
        let (own, other) = (audience.rawValue, context.entity.rawValue)
        report("'\(feature.name)' is a feature of \(own)s, not of \(other)s", at: range)
        return false
    }

    private mutating func read(
        _ feature: FeatureDefinition, at range: TextRange, _ arguments: [Expression]
    ) -> FeatureArguments? {
        var parameters = feature.parameters
        if arguments.count < parameters.count {
            parameters.removeAll { $0 == .accountOrDimension }
            let isMissing = parameters.count < feature.parameters.count
            if isMissing, context.entity == .account, arguments.count == parameters.count {
                report("an account's '\(feature.name)' needs a dimension", at: range)
                return nil
            }
        }
        guard arguments.count == parameters.count else {
            report("wrong number of arguments", at: range, notes: ["write \(feature.usage)"])
            return nil
        }
        var values = FeatureArguments()
        var isGood = true
        for (parameter, argument) in zip(parameters, arguments) {
            switch parameter {
            case .window: isGood = window(argument, into: &values.windowMs) && isGood
            case .measure: isGood = measure(argument, into: &values.measure) && isGood
            case .dimension, .accountOrDimension:
                isGood = dimension(argument, into: &values.dimension) && isGood
            }
        }
        return isGood ? values : nil
    }

    /// Reads a window: a duration of at least a pane, at most 35 days.
    mutating func window(_ argument: Expression, into windowMs: inout Int64) -> Bool {
        guard case .duration(let ms) = argument.kind else {
            let notes = ["a window is a duration: 30s, 10m, 24h, 7d"]
            report("this is not a window", at: argument.range, notes: notes)
            return false
        }
        let pane = durationText(ms: context.paneMs)
        guard ms >= context.paneMs else {
            report("the window is shorter than a pane (\(pane))", at: argument.range)
            return false
        }
        guard ms <= FeatureLimits.windowMs else {
            report("the window is longer than 35d", at: argument.range)
            return false
        }
        windowMs = ms
        return true
    }

    private mutating func measure(_ argument: Expression, into measure: inout String) -> Bool {
        guard case .name(let name) = argument.kind else {
            report("this is not the name of a measure", at: argument.range)
            return false
        }
        guard Vocabulary.measures.contains(name) || Vocabulary.isSignal(name) else {
            var notes = suggestionNotes(for: name, among: Vocabulary.measures)
            if notes.isEmpty {
                notes = ["measures: \(Vocabulary.measures.joined(separator: ", ")), signals.<name>"]
            }
            report("unknown measure '\(name)'", at: argument.range, notes: notes)
            return false
        }
        measure = name
        return true
    }

    /// Reads a dimension: `account` (of a fingerprint), a kind, a field, or a signal.
    mutating func dimension(_ argument: Expression, into dimension: inout String) -> Bool {
        guard case .name(let name) = argument.kind else {
            report("this is not the name of a dimension", at: argument.range)
            return false
        }
        if name == Vocabulary.account {
            guard context.entity == .fingerprint else {
                report("'account' is a dimension of fingerprints only", at: argument.range)
                return false
            }
            dimension = name
        } else if Vocabulary.plainDimensions.contains(name) || Vocabulary.isSignal(name) {
            dimension = name
        } else if let kind = context.vocabulary.kind(name) {
            dimension = kind
        } else {
            let known = [Vocabulary.account] + Vocabulary.plainDimensions + context.vocabulary.kinds
            var notes = suggestionNotes(for: name, among: known)
            if notes.isEmpty { notes = context.vocabulary.kindNotes(name) }
            report("unknown dimension '\(name)'", at: argument.range, notes: notes)
            return false
        }
        return true
    }
}
