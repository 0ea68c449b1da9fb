import Primitives

extension EvidenceValue {
    /// A number, an array of `{value, requests}` or of strings, or null.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .number(let number): writer.value(number)
        case .undefined: writer.value(Double.nan)
        case .names(let names):
            writer.beginArray()
            for name in names { writer.value(name) }
            writer.endArray()
        case .top(let values):
            writer.beginArray()
            for (value, count) in values {
                writer.beginObject()
                writer.key("value")
                value.withUnsafeBytes { writer.value(utf8: $0) }
                writer.member("requests", count)
                writer.endObject()
            }
            writer.endArray()
        }
    }
}

extension JSONWriter {
    /// Writes the pair every OCSF enumeration has: `name_id` and its caption under `name`.
    mutating func member(
        _ idName: StaticString, _ captionName: StaticString, _ term: OCSF.EnumValue
    ) {
        member(idName, term.id)
        member(captionName, term.caption)
    }
}
