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
                writer.key("requests")
                writer.value(count)
                writer.endObject()
            }
            writer.endArray()
        }
    }
}

extension JSONWriter {
    /// Writes a key and a string.
    mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        value(text)
    }

    /// Writes a key and an integer.
    mutating func member(_ name: StaticString, _ number: Int) {
        key(name)
        value(number)
    }

    /// Writes a key and a time in epoch milliseconds.
    mutating func member(_ name: StaticString, _ time: EventTime) {
        key(name)
        value(time.ms)
    }

    /// Writes a key and an array of strings.
    mutating func member(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// Writes the pair every OCSF enumeration has: `name_id` and its caption under `name`.
    mutating func member(
        _ idName: StaticString, _ captionName: StaticString, _ term: OCSF.EnumValue
    ) {
        member(idName, term.id)
        member(captionName, term.caption)
    }

    /// Writes a key and an object.
    mutating func object(_ name: StaticString, _ content: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        content(&self)
        endObject()
    }
}
