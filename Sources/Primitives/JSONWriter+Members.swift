/// Members of an object: a key with what follows it.
extension JSONWriter {
    /// Writes a key and a string.
    public mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        value(text)
    }

    /// Writes a key and UTF-8 bytes as a string; invalid UTF-8 becomes U+FFFD.
    public mutating func member(_ name: StaticString, utf8 bytes: ByteSlice) {
        key(name)
        value(utf8: bytes)
    }

    /// Writes a key and an integer.
    public mutating func member(_ name: StaticString, _ number: some BinaryInteger) {
        key(name)
        value(Int64(number))
    }

    /// Writes a key and a number; null for none.
    public mutating func member(_ name: StaticString, _ number: Double?) {
        key(name)
        value(number ?? .nan)
    }

    /// Writes a key and `true` or `false`.
    public mutating func member(_ name: StaticString, _ flag: Bool) {
        key(name)
        value(flag)
    }

    /// Writes a key and a time in epoch milliseconds.
    public mutating func member(_ name: StaticString, _ time: EventTime) {
        key(name)
        value(time.ms)
    }

    /// Writes a key and an array of strings.
    public mutating func member(_ name: StaticString, _ texts: [String]) {
        list(name, texts) { $0.value($1) }
    }

    /// Writes a key and an object.
    public mutating func object(_ name: StaticString, _ content: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        content(&self)
        endObject()
    }

    /// Writes a key and an array.
    public mutating func list<Item>(
        _ name: StaticString, _ items: some Sequence<Item>,
        _ write: (inout JSONWriter, Item) -> Void
    ) {
        key(name)
        beginArray()
        for item in items { write(&self, item) }
        endArray()
    }

    /// Writes a key and an array of objects.
    public mutating func objects<Item>(
        _ name: StaticString, _ items: some Sequence<Item>,
        _ content: (inout JSONWriter, Item) -> Void
    ) {
        list(name, items) { writer, item in
            writer.beginObject()
            content(&writer, item)
            writer.endObject()
        }
    }
}
