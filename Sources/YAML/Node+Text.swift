/// Nodes of text that is not in a file: an environment variable's or an option's value reads like one
/// from a file, with the same errors, in which `place` is the file's name.
extension Node {
    /// The plain scalar `text`.
    public init(text: String, from place: String) {
        self.init(content: .scalar(Scalar(text: text, style: .plain, tag: nil)), text, place)
    }

    /// The list of the plain scalars `items`.
    public init(items: [String], from place: String) {
        let nodes = items.map { Node(text: $0, from: place) }
        self.init(content: .sequence(nodes), items.joined(separator: ","), place)
    }

    /// The mapping of names to plain scalars; of equal names the last one counts.
    public init(pairs: [(name: String, value: String)], from place: String) {
        var nodes: [Pair] = []
        for (name, value) in pairs {
            nodes.removeAll { $0.name == name }
            let key = Node(text: name, from: place)
            nodes.append(Pair(key: key, value: Node(text: value, from: place)))
        }
        let text = pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        self.init(content: .mapping(nodes), text, place)
    }

    private init(content: Content, _ text: String, _ place: String) {
        let source = SourceText(name: place, text: text)
        let start = Position(line: 1, column: 1)
        let end = source.position(ofByte: source.bytes.count)
        self.init(content: content, range: SourceRange(start: start, end: end), source: source)
    }
}
