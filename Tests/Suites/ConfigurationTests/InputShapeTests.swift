import Configuration
import Testing
import YAML

@Suite("Settings of records' shapes")
struct InputShapeTests {
    private func load(_ text: String) throws -> Settings {
        try Settings.load(file: SourceText(name: "s.yaml", text: text)).settings
    }

    /// The problems of a configuration, with their places.
    private func problems(_ text: String) -> String {
        do {
            _ = try load(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("a field is a pointer, a list of them, or pointers with a unit")
    func forms() throws {
        let settings = try load(
            """
            input:
              fields:
                account: /user/id
                model: [/model, /request/model]
                time: { pointer: /created_at, unit: s }
                latency_ms: { pointer: [/took, /duration], unit: us }
            """)
        let fields = settings.input.fields
        #expect(fields.map(\.name) == ["account", "model", "time", "latency_ms"])
        #expect(fields.map(\.pointers.count) == [1, 2, 1, 2])
        #expect(fields.map(\.unit) == [nil, nil, .seconds, .microseconds])
    }

    @Test("fields of a stronger source replace those of the same name")
    func merging() throws {
        let loaded = try Settings.load(
            file: SourceText(
                name: "s.yaml", text: "input: { fields: { account: [/a, /b], model: /m } }"),
            environment: ["STILLWATCH_INPUT_FIELDS": "account=/c"])
        #expect(loaded.settings.input.fields.map(\.name) == ["model", "account"])
        #expect(loaded.settings.input.fields.map(\.pointers) == [["/m"], ["/c"]])
    }

    @Test(
        "what cannot be used is refused with its place and what is allowed",
        arguments: [
            ("fields: { acount: /a }", "1:20", "account"),
            ("fields: { x: /a }", "1:20", "latency_ms"),
            ("fields: { model: a }", "1:27", "JSON pointer"),
            ("fields: { model: [/a, b] }", "1:32", "JSON pointer"),
            ("fields: { model: [] }", "1:27", "1 ... 32"),
            ("fields: { model: [[/a]] }", "1:28", "{ pointer, unit }"),
            ("fields: { time: { pointer: /a, unit: h } }", "1:47", "s, ms, us, ns"),
            ("fields: { model: { pointer: /a, unit: s } }", "1:48", "latency_ms"),
            ("fields: { time: { unit: s } }", "1:28", "pointer"),
            ("fields: { time: { pointer: /a, units: s } }", "1:41", "unit"),
            ("fields: { fingerprints.: /a }", "1:20", "fingerprints.<kind>"),
            ("fields: [/a]", "1:18", "mapping"), ("records: r", "1:19", "JSON pointer"),
            ("embedded: /a~2", "1:20", "~0"), ("timezone: Europe/Berlin", "1:20", "UTC"),
            ("timezone: \"+2\"", "1:20", "+02:00"), ("timezone: \"+25:00\"", "1:20", "+02:00"),
            ("max_record_bytes: 65MiB", "1:28", "1024"),
            ("bedrock_account: role", "1:27", "preset: bedrock"),
            ("records: /a, embedded: /a", "1:33", "input.records"),
            ("format: protobuf, records: /a", "1:37", "format: json"),
            ("format: protobuf, timezone: UTC", "1:38", "format: json"),
        ])
    func refusals(_ input: String, _ place: String, _ word: String) {
        let text = problems("input: { \(input) }")
        #expect(text.contains("s.yaml:\(place):"), "\(text)")
        #expect(text.contains(word), "\(text)")
    }

    @Test("zones are UTC and offsets")
    func zones() throws {
        for (text, minutes) in [
            ("UTC", 0), ("utc", 0), ("Z", 0), ("+02:00", 120), ("-05:30", -330), ("\"+0200\"", 120),
            ("-0000", 0), ("+14:00", 840),
        ] {
            #expect(
                try load("input: { timezone: \(text) }").input.zoneMinutes == minutes, "\(text)")
        }
        #expect(try load("{}").input.zoneMinutes == nil)
    }

    @Test("defaults: a record is an event of at most 16 MiB, and a session an account")
    func defaults() throws {
        let input = try load("{}").input
        #expect(input.maxRecordBytes == 16 << 20 && input.bedrockAccount == .session)
        #expect(input.records.isEmpty && input.embedded.isEmpty && input.fields.isEmpty)
        let role = try load("input: { preset: bedrock, bedrock_account: role }").input
        #expect(role.bedrockAccount == .role)
    }
}
