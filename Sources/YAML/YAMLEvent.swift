import CYAML

/// One event of libyaml, with Swift's own copies of its texts.
struct YAMLEvent {
    /// What happened; stream and document borders are told apart only as far as needed.
    enum Kind {
        case streamEnd, documentStart, documentEnd, alias, sequenceStart, sequenceEnd
        case mappingStart, mappingEnd, other
        case scalar(text: String, style: Node.Scalar.Style)
    }

    var kind: Kind
    var range: SourceRange
    var hasAnchor = false
    var tag: String?

    init(_ event: yaml_event_t) {
        range = SourceRange(start: Position(event.start_mark), end: Position(event.end_mark))
        switch event.type {
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            let data = event.data.sequence_start
            (hasAnchor, tag) = (data.anchor != nil, Self.text(data.tag))
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            let data = event.data.mapping_start
            (hasAnchor, tag) = (data.anchor != nil, Self.text(data.tag))
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
            kind = .scalar(
                text: String(decoding: bytes, as: UTF8.self), style: Self.style(data.style))
            (hasAnchor, tag) = (data.anchor != nil, Self.text(data.tag))
        default: kind = .other
        }
    }

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        bytes.map { String(cString: $0) }
    }

    private static func style(_ style: yaml_scalar_style_t) -> Node.Scalar.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }
}
