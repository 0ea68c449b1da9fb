import Primitives

extension Generator {
    /// Appends what each population has sent so far, as JSON lines: an object for each stretch of ten
    /// minutes with requests, from the first on, populations in their order.
    public func writeLedger(into buffer: inout ByteBuffer) {
        var writer = JSONWriter(capacity: 1 << 16)
        for (name, book) in zip(scenario.populationNames, books) {
            for (index, stretch) in book.stretches.enumerated() where stretch.requests > 0 {
                let from = scenario.start.ms + Int64(index) * Ledger.stretchMs
                writer.beginObject()
                writer.key("population")
                writer.value(name)
                writer.key("from")
                writer.value(from)
                writer.key("to")
                writer.value(from + Ledger.stretchMs)
                writer.key("requests")
                writer.value(stretch.requests)
                writer.key("input_tokens")
                writer.value(stretch.inputTokens)
                writer.key("output_tokens")
                writer.value(stretch.outputTokens)
                writer.endObject()
                writer.newline()
            }
        }
        buffer.append(writer.buffer.bytes)
    }
}
