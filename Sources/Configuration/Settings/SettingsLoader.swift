import YAML

/// Fills settings source by source, the weakest first.
struct SettingsLoader {
    private(set) var settings = Settings()
    private let diagnostics: Diagnostics
    /// Where each key was set last, for checks that concern two keys.
    private var origins: [String: Node] = [:]
    /// Where each librdkafka property was set last.
    private var propertyOrigins: [String: Node] = [:]

    init(diagnostics: Diagnostics) { self.diagnostics = diagnostics }

    private mutating func assign(_ key: Key, _ node: Node) {
        key.assign(&settings, node, diagnostics)
        origins[key.name] = node
        guard key.name == "kafka" else { return }
        for pair in node.pairs ?? [] { propertyOrigins[pair.name] = pair.key }
    }

    mutating func setDefaults() {
        for key in Key.all where key.isScalar && !key.defaultValue.isEmpty {
            assign(key, Node(text: key.defaultValue, from: "the default of \(key.name)"))
        }
    }

    // MARK: The file

    mutating func read(_ file: SourceText) {
        let documents = parseYAML(file, diagnostics: diagnostics)
        if documents.count > 1 {
            diagnostics.error("a configuration file has one document", at: documents[1])
        }
        guard let root = documents.first else { return }
        guard root.pairs != nil else {
            return diagnostics.error(
                "a configuration must be a mapping, not \(root.summary)", at: root)
        }
        var seen: [String: Node] = [:]
        read(root, under: "", seen: &seen)
    }

    private mutating func read(_ node: Node, under prefix: String, seen: inout [String: Node]) {
        for pair in node.pairs ?? [] {
            let name = prefix + pair.name
            if let key = Key.named(name) {
                if let first = seen[name] {
                    let place = first.range.start
                    diagnostics.error(
                        "'\(name)' is set twice", at: pair.key,
                        notes: ["the first is at \(place.line):\(place.column)"])
                }
                seen[name] = pair.key
                if pair.value.scalar?.isNull != true { assign(key, pair.value) }
            } else if Key.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
                readSection(pair, name, seen: &seen)
            } else {
                refuse(pair.key, name)
            }
        }
    }

    private mutating func readSection(
        _ pair: Node.Pair, _ name: String, seen: inout [String: Node]
    ) {
        if pair.value.pairs != nil {
            read(pair.value, under: name + ".", seen: &seen)
        } else if pair.value.scalar?.isNull != true {
            let keys = Key.all.map(\.name).filter { $0.hasPrefix(name + ".") }
            diagnostics.error(
                "'\(name)' must be a mapping, not \(pair.value.summary)", at: pair.value,
                notes: ["its keys: \(keys.joined(separator: ", "))"])
        }
    }

    private func refuse(_ node: Node, _ name: String) {
        let notes = suggestionNotes(for: name, among: Key.all.map(\.name) + sections)
        diagnostics.error("unknown key '\(name)'", at: node, notes: notes)
    }

    private var sections: [String] {
        Key.all.compactMap { key in
            key.name.contains(".") ? String(key.name.prefix { $0 != "." }) : nil
        }
    }

    // MARK: Environment and command line

    /// Variables that begin with the prefix and are not settings.
    static let otherVariables = [
        "STILLWATCH_CONFIG", "STILLWATCH_EXPORT_KEY", "STILLWATCH_PYTHON", "STILLWATCH_FULL",
    ]

    /// Whether Kubernetes sets the variable for a service whose name begins like ours.
    private static func isOfService(_ name: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        guard let port = words.lastIndex(of: "PORT") else { return false }
        let rest = words[(port + 1)...]
        let isNumbered = rest.first?.allSatisfy(\.isNumber) ?? true
        return isNumbered && (rest.count < 2 || ["TCP", "UDP", "SCTP"].contains(rest[port + 2]))
    }

    /// An empty variable counts as absent.
    mutating func read(_ environment: [String: String]) {
        let prefix = Key.environmentPrefix + "KAFKA_"
        for name in environment.keys.sorted() where name.hasPrefix(Key.environmentPrefix) {
            guard let text = environment[name], !text.isEmpty else { continue }
            if Self.otherVariables.contains(name) || Self.isOfService(name) { continue }
            if let key = Key.all.first(where: { $0.environmentName == name }) {
                assign(key, split(text, for: key, from: name))
            } else if name.hasPrefix(prefix), let key = Key.named("kafka") {
                let property = name.dropFirst(prefix.count).lowercased()
                let dotted = String(property.map { $0 == "_" ? "." : $0 })
                assign(key, pair(dotted, text, from: name))
            } else {
                let notes = suggestionNotes(
                    for: name, among: Key.all.map(\.environmentName) + Self.otherVariables)
                diagnostics.error(
                    "the variable \(name) sets nothing", at: Node(text: name, from: "environment"),
                    notes: notes)
            }
        }
    }

    mutating func read(_ override: Override) {
        let place = override.option
        if override.key.hasPrefix("kafka."), let key = Key.named("kafka") {
            return assign(key, pair(String(override.key.dropFirst(6)), override.value, from: place))
        }
        if let key = Key.named(override.key) {
            return assign(key, split(override.value, for: key, from: place))
        }
        refuse(Node(text: override.key, from: place), override.key)
    }

    private func pair(_ name: String, _ value: String, from place: String) -> Node {
        Node(pairs: [(name, value)], from: place)
    }

    /// Lists and mappings are comma-separated outside the file, or in brackets as in the file.
    private func split(_ text: String, for key: Key, from place: String) -> Node {
        if !key.isScalar, let first = text.first(where: { $0 != " " }), "[{".contains(first) {
            let documents = parseYAML(
                SourceText(name: place, text: text), diagnostics: diagnostics)
            if let node = documents.first { return node }
        }
        let parts = text.split(separator: ",").map(String.init)
        switch key.values {
        case .list: return Node(items: parts, from: place)
        case .mapping:
            let pairs = parts.map { part in
                let name = String(part.prefix { $0 != "=" })
                return (name: name, value: String(part.dropFirst(name.count + 1)))
            }
            return Node(pairs: pairs, from: place)
        default: return Node(text: text, from: place)
        }
    }

    // MARK: Checks of two keys

    func checkTogether() {
        checkShapes()
        if settings.window.maxLatenessMs < settings.window.latenessMs {
            report(
                "'window.max_lateness' is less than 'window.lateness'", at: "window.max_lateness")
        }
        if settings.window.alignmentLimitMs < settings.window.paneMs {
            report(
                "'window.alignment_limit' is less than 'window.pane'", at: "window.alignment_limit")
        }
        var users: [String: String] = [:]
        for spec in settings.topics {
            let key = spec.key
            let first = users[spec.name]
            users[spec.name] = key
            // Findings of both kinds may share a topic: each says whether it is a shadow's.
            guard let first, (first, key) != ("alerts.topic", "shadow.topic") else { continue }
            report("'\(key)' is the same topic as '\(first)'", at: key)
        }
    }

    /// Checks each librdkafka property; the line it stands on is not shown, since secrets may stand beside it.
    func checkProperties(_ problem: (Settings.Pair) -> Settings.PropertyProblem?) {
        for pair in settings.kafka {
            guard let problem = problem(pair), let node = propertyOrigins[pair.name] else {
                continue
            }
            var diagnostic = Diagnostic(
                .error, "'kafka.\(pair.name)' \(problem.text)", at: node.range, in: node.source,
                notes: suggestionNotes(for: pair.name, among: problem.known))
            diagnostic.sourceLine = pair.name
            diagnostic.underline = "^" + String(repeating: "~", count: max(0, pair.name.count - 1))
            diagnostics.report(diagnostic)
        }
    }

    /// Settings that would do nothing.
    private func checkShapes() {
        let input = settings.input
        if input.bedrockAccount == .role, input.preset != .bedrock {
            report(
                "'input.bedrock_account' is for 'input.preset: bedrock'",
                at: "input.bedrock_account")
        }
        if !input.records.isEmpty, input.records == input.embedded {
            report(
                "'input.embedded' is the same place as 'input.records'", at: "input.embedded")
        }
        guard input.format == .protobuf else { return }
        let shapes = [
            ("input.records", !input.records.isEmpty), ("input.embedded", !input.embedded.isEmpty),
            ("input.timezone", input.zoneMinutes != nil),
        ]
        for (key, isSet) in shapes where isSet {
            report("'\(key)' is for 'input.format: json'", at: key)
        }
    }

    private func report(_ message: String, at key: String) {
        let node = origins[key] ?? Node(text: "", from: "the default of \(key)")
        diagnostics.error(message, at: node)
    }
}
