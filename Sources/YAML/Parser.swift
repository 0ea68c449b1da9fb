import CYAML

/// What a YAML text may be at most; anything beyond is an error, never a crash.
public struct Limits: Sendable {
    /// Bytes of the text.
    public var sizeBytes: Int
    /// Sequences and mappings inside each other.
    public var depth: Int
    /// Nodes in all documents.
    public var nodes: Int

    /// Limits.
    public init(sizeBytes: Int, depth: Int, nodes: Int) {
        self.sizeBytes = sizeBytes
        self.depth = depth
        self.nodes = nodes
    }

    /// 4 MiB, 32 levels, 200,000 nodes: far above any file a person writes.
    public static let standard = Limits(sizeBytes: 4 << 20, depth: 32, nodes: 200_000)
}

/// Reads the YAML documents of `source`; what is wrong goes to `diagnostics`.
///
/// A subset of YAML 1.1 as libyaml reads it: anchors, aliases, merge keys, tags outside the core schema and
/// keys that are not scalars are errors, and so are duplicate keys. Reading ends at the first syntax error;
/// the documents before it are returned. Empty documents are left out.
public func parseYAML(
    _ source: SourceText, limits: Limits = .standard, diagnostics: Diagnostics
) -> [Node] {
    func refuse(_ message: String, atByte offset: Int) -> [Node] {
        let position = source.position(ofByte: offset)
        let range = SourceRange(start: position, end: position)
        diagnostics.error(message, at: range, in: source)
        return []
    }
    guard source.bytes.count <= limits.sizeBytes else {
        return refuse("the file is larger than \(limits.sizeBytes) bytes", atByte: 0)
    }
    if let offset = source.firstInvalidByte() {
        return refuse("this byte is not UTF-8", atByte: offset)
    }
    // libyaml asserts that its input has an address; an empty array has none.
    if source.bytes.isEmpty { return [] }
    return source.bytes.withUnsafeBufferPointer { bytes in
        guard let events = EventParser(bytes: bytes) else {
            return refuse("out of memory", atByte: 0)
        }
        var builder = TreeBuilder(
            source: source, limits: limits, diagnostics: diagnostics, events: events)
        return builder.documents()
    }
}

/// Owns libyaml's parser over bytes that outlive it.
struct EventParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// A parser over `bytes`; nil when memory is short.
    init?(bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event, copied to Swift; nil after a syntax error.
    func next() -> YAMLEvent? {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { return nil }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(event)
    }

    /// The syntax error behind a nil from `next`.
    func failure(in source: SourceText) -> Diagnostic {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "the text cannot be read"
        var start = Position(state.problem_mark)
        if state.error == YAML_READER_ERROR {
            start = source.position(ofByte: state.problem_offset)
        }
        // libyaml puts the end of a text without a last line break on a line of its own.
        if start.line > source.lineCount { start = source.position(ofByte: source.bytes.count) }
        let context = state.context.map { String(cString: $0) }
        let place = Position(state.context_mark)
        let notes = context.map { ["\($0) at \(place.line):\(place.column)"] } ?? []
        return Diagnostic(
            .error, problem, at: SourceRange(start: start, end: start), in: source, notes: notes)
    }
}

extension Position {
    /// libyaml counts lines and columns from 0.
    init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
