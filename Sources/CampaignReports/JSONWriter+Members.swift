import Primitives

extension JSONWriter {
    /// Writes a key and a string.
    mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        value(text)
    }

    /// Writes a key and an integer.
    mutating func member(_ name: StaticString, _ number: some BinaryInteger) {
        key(name)
        value(Int64(number))
    }

    /// Writes a key and an array of strings.
    mutating func member(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }

    /// Writes a key and an object.
    mutating func object(_ name: StaticString, _ content: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        content(&self)
        endObject()
    }
}
