import YAML

extension TypeChecker {
    /// What the arguments of a call say, by role.
    private struct Arguments {
        var windowMs: Int64 = 0
        var measure = "requests"
        var dimension = "account"
    }

    /// A feature call: `accounts(24h)`, `sum(output_tokens, 1h)`.
    mutating func call(
        _ name: String, at nameRange: TextRange, whole: TextRange, _ arguments: [Expression]
    ) -> Typed? {
        if name == "top" {
            report("top is evidence, not a number", at: nameRange)
            return nil
        }
        guard let signature = FeatureSignature.named(name) else {
            let notes = suggestionNotes(for: name, among: FeatureSignature.names)
            report("unknown feature '\(name)'", at: nameRange, notes: notes)
            return nil
        }
        guard isAvailable(signature, at: nameRange) else { return nil }
        guard let values = read(signature, at: whole, arguments) else { return nil }
        if signature.name == "hours_active", !checkHours(values.windowMs, at: whole) { return nil }
        return Typed(term: term(name, values), type: name == "age" ? .duration : .number)
    }

    private mutating func isAvailable(_ signature: FeatureSignature, at range: TextRange) -> Bool {
        switch (signature.audience, context.entity) {
        case (.fingerprints, .account):
            report("'\(signature.name)' is a feature of fingerprints, not of accounts", at: range)
            return false
        case (.accounts, .fingerprint):
            report("'\(signature.name)' is a feature of accounts, not of fingerprints", at: range)
            return false
        default: return true
        }
    }

    private mutating func read(
        _ signature: FeatureSignature, at range: TextRange, _ arguments: [Expression]
    ) -> Arguments? {
        var parameters = signature.parameters
        if arguments.count < parameters.count {
            parameters.removeAll { $0 == .accountOrDimension }
            let isMissing = parameters.count < signature.parameters.count
            if isMissing, context.entity == .account, arguments.count == parameters.count {
                report("an account's '\(signature.name)' needs a dimension", at: range)
                return nil
            }
        }
        guard arguments.count == parameters.count else {
            report("wrong number of arguments", at: range, notes: ["write \(signature.usage)"])
            return nil
        }
        var values = Arguments()
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
        if name == "account" {
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
            let known = ["account"] + Vocabulary.plainDimensions + context.vocabulary.kinds
            var notes = suggestionNotes(for: name, among: known)
            if notes.isEmpty { notes = context.vocabulary.kindNotes(name) }
            report("unknown dimension '\(name)'", at: argument.range, notes: notes)
            return false
        }
        return true
    }

    private mutating func checkHours(_ windowMs: Int64, at range: TextRange) -> Bool {
        let isGood = (FeatureLimits.hourMs...FeatureLimits.hoursWindowMs).contains(windowMs)
        if !isGood { report("the window of hours_active is 1h ... 7d", at: range) }
        return isGood
    }

    /// The feature in primitive ones.
    private func term(_ name: String, _ values: Arguments) -> Term {
        let ms = values.windowMs
        func distinct(_ dimension: String) -> Term {
            .feature(.distinct(dimension: dimension, windowMs: ms))
        }
        func sum(_ measure: String) -> Term { .feature(.sum(measure: measure, windowMs: ms)) }
        let newborn = Term.feature(
            .newborn(dimension: "account", windowMs: ms, youngerMs: FeatureLimits.newAccountMs))
        switch name {
        case "requests", "sum": return sum(values.measure)
        case "ratio": return .binary(.divide, sum(values.measure), sum("requests"))
        case "evenness":
            return .feature(.evenness(dimension: values.dimension, windowMs: ms))
        case "top_share":
            return .feature(.topShare(dimension: values.dimension, windowMs: ms))
        case "hours_active":
            return .feature(.activeHours(windowMs: ms))
        case "age": return .feature(.age)
        case "new_accounts": return newborn
        case "new_share": return .binary(.divide, newborn, distinct("account"))
        case "payers": return distinct("payment")
        case "spread": return Self.spread(distinct("account"), distinct("payment"))
        case "credential_spread":
            let parts = ["asn", "device", "tls_ja4"].map(distinct)
            return parts.reduce(distinct("ip")) { .binary(.add, $0, $1) }
        default: return distinct(values.dimension)
        }
    }

    /// accounts x novelty x min(1, payers / accounts), with novelty 1 up to 30 days of age, then 0.
    ///
    /// Written as min(accounts, payers): the same number, and a bound on it bounds both.
    private static func spread(_ accounts: Term, _ payers: Term) -> Term {
        let isNovel = Term.binary(
            .lessOrEqual, .feature(.age), .constant(Double(FeatureLimits.noveltyMs)))
        return .conditional(isNovel, .binary(.minimum, accounts, payers), .constant(0))
    }
}
