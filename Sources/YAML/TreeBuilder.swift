/// Builds node trees from events, within limits.
struct TreeBuilder: ~Copyable {
    private let source: SourceText
    private let limits: Limits
    private let diagnostics: Diagnostics
    private let events: EventParser
    private var nodes = 0

    /// Building cannot go on; the reason is already reported.
    private struct Stop: Error {}

    init(
        source: SourceText, limits: Limits, diagnostics: Diagnostics, events: consuming EventParser
    ) {
        self.source = source
        self.limits = limits
        self.diagnostics = diagnostics
        self.events = events
    }

    /// The documents up to the end or the first syntax error.
    mutating func documents() -> [Node] {
        var documents: [Node] = []
        do throws(Stop) {
            while true {
                let event = try next()
                switch event.kind {
                case .streamEnd: return documents
                case .documentStart, .documentEnd, .other: continue
                default:
                    let root = try node(event, depth: 1)
                    if root.scalar?.isNull != true { documents.append(root) }
                }
            }
        } catch {
            return documents
        }
    }

    private func next() throws(Stop) -> YAMLEvent {
        guard let event = events.next() else {
            diagnostics.report(events.failure(in: source))
            throw Stop()
        }
        return event
    }

    private func stop(_ message: String, at range: SourceRange) -> Stop {
        diagnostics.error(message, at: range, in: source)
        return Stop()
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(Stop) -> Node {
        nodes += 1
        if nodes > limits.nodes {
            throw stop("more than \(limits.nodes) nodes in one file", at: event.range)
        }
        if depth > limits.depth {
            throw stop("nested deeper than \(limits.depth) levels", at: event.range)
        }
        if event.hasAnchor {
            diagnostics.error("anchors are not supported", at: event.range, in: source)
        }
        let tag = checkedTag(event)
        switch event.kind {
        case .scalar(let text, let style):
            let scalar = Node.Scalar(text: text, style: style, tag: tag)
            return Node(content: .scalar(scalar), range: event.range, source: source)
        case .sequenceStart: return try sequence(event, depth: depth)
        case .mappingStart: return try mapping(event, depth: depth)
        case .alias: throw stop("aliases are not supported", at: event.range)
        default: throw stop("a value is missing here", at: event.range)
        }
    }

    /// The tag's name in the core schema; others are reported.
    private func checkedTag(_ event: YAMLEvent) -> String? {
        guard let tag = event.tag, tag != "!" else { return nil }
        let core = "tag:yaml.org,2002:"
        let name = tag.hasPrefix(core) ? String(tag.dropFirst(core.count)) : tag
        if !["str", "int", "float", "bool", "null", "seq", "map"].contains(name) {
            diagnostics.error("the tag '\(name)' is not supported", at: event.range, in: source)
        }
        return name
    }

    private mutating func sequence(_ start: YAMLEvent, depth: Int) throws(Stop) -> Node {
        var items: [Node] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind {
                let range = SourceRange(start: start.range.start, end: event.range.end)
                return Node(content: .sequence(items), range: range, source: source)
            }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func mapping(_ start: YAMLEvent, depth: Int) throws(Stop) -> Node {
        var pairs: [Node.Pair] = []
        var firsts: [String: Position] = [:]
        while true {
            let event = try next()
            if case .mappingEnd = event.kind {
                let range = SourceRange(start: start.range.start, end: event.range.end)
                return Node(content: .mapping(pairs), range: range, source: source)
            }
            let key = try node(event, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            if isNew(key, in: &firsts) { pairs.append(Node.Pair(key: key, value: value)) }
        }
    }

    /// Reports a key that no mapping can have: not a scalar, a merge, or there already.
    private func isNew(_ key: Node, in firsts: inout [String: Position]) -> Bool {
        guard let scalar = key.scalar else {
            diagnostics.error("a key must be text, not \(key.summary)", at: key)
            return false
        }
        if scalar.text == "<<", scalar.style == .plain {
            diagnostics.error("merge keys are not supported", at: key)
            return false
        }
        if let first = firsts[scalar.text] {
            let note = "the first '\(scalar.text)' is at \(first.line):\(first.column)"
            diagnostics.error("duplicate key '\(scalar.text)'", at: key, notes: [note])
            return false
        }
        firsts[scalar.text] = key.range.start
        return true
    }
}
