import Primitives

/// An event as a test writes it; `json` is what a producer would send.
struct TestEvent: Sendable {
    var timeMs: Int64
    var account = "a"
    var endUser: String?
    var createdMs: Int64?
    var status: Int?
    var outputTokens: UInt32?
    var model: String?
    var fingerprints: [String: String] = [:]
    /// Signals with their values as JSON.
    var signals: [String: String] = [:]
    /// The record's timestamp.
    var timestampMs: Int64?

    init(_ timeMs: Int64, account: String = "a", _ fingerprints: [String: String] = [:]) {
        self.timeMs = timeMs
        self.account = account
        self.fingerprints = fingerprints
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("time")
        writer.value(timeMs)
        writer.key("account")
        writer.value(account)
        if let endUser { writer.member("end_user", endUser) }
        if let model { writer.member("model", model) }
        if let createdMs { writer.member("account_created", createdMs) }
        if let status { writer.member("status", Int64(status)) }
        if let outputTokens { writer.member("output_tokens", Int64(outputTokens)) }
        writer.key("fingerprints")
        writer.beginObject()
        for (kind, value) in fingerprints.sorted(by: { $0.key < $1.key }) {
            writer.member(kind, value)
        }
        writer.endObject()
        writer.endObject()
        let text = writer.buffer.string()
        guard !signals.isEmpty else { return Array(text.utf8) }
        let members = signals.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return Array("\(text.dropLast()),\"signals\":{\(members)}}".utf8)
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    fileprivate mutating func member(_ name: String, _ number: Int64) {
        key(name)
        value(number)
    }
}
