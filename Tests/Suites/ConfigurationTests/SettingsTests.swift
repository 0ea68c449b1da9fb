import Configuration
import Testing
import YAML

/// Loads a file's text; the error's text where it is refused.
private func load(
    _ text: String = "", _ environment: [String: String] = [:], _ overrides: [Override] = []
) -> Result<Settings.Loaded, ConfigurationError> {
    Result { () throws(ConfigurationError) in
        try Settings.load(
            file: SourceText(name: "stillwatch.yaml", text: text), environment: environment,
            overrides: overrides)
    }
}

private func errors(_ text: String, _ environment: [String: String] = [:]) -> String {
    if case .failure(let error) = load(text, environment) { return error.description }
    return ""
}

@Suite("Settings")
struct SettingsTests {
    @Test("without any source the defaults of the design hold")
    func defaults() throws {
        let settings = try load().get().settings
        #expect(settings.group == "stillwatch")
        #expect(settings.window.paneMs == 10_000)
        #expect(settings.window.latenessMs == 30_000)
        #expect(settings.window.maxLatenessMs == 3_600_000)
        #expect(settings.window.maxFutureSkewMs == 300_000)
        #expect(settings.partials.topic == "stillwatch.partials")
        #expect(settings.alerts.topic == "stillwatch.alerts")
        #expect(settings.deadLetters.topic == "stillwatch.dead_letters")
        #expect(settings.deadLetters.maxBytes == 65_536)
        #expect(settings.bootstrapServers.isEmpty)
        #expect(settings.kafka.isEmpty)
    }

    @Test("options win over the environment, that over the file, that over the defaults")
    func precedence() throws {
        let file = "group: file\nwindow: { pane: 1s, lateness: 1s }\nshards: 1\n"
        let environment = ["STILLWATCH_GROUP": "environment", "STILLWATCH_WINDOW_LATENESS": "2s"]
        let overrides = [Override(option: "--group", key: "group", value: "option")]
        let settings = try load(file, environment, overrides).get().settings
        #expect(settings.group == "option")
        #expect(settings.window.latenessMs == 2_000)
        #expect(settings.window.paneMs == 1_000)
        #expect(settings.shards == 1)
        #expect(settings.window.maxLatenessMs == 3_600_000)
    }

    @Test("every type of value is read from a file")
    func types() throws {
        let file = """
            bootstrap_servers: broker1:9092,[::1]:9093
            input:
              format: protobuf
              preset: otel-genai
              on_missing_offset: latest
              fields: { account: /user/id, fingerprints.ip: /a~1b }
            state: { memory_budget: 2GiB, sample_size: 256 }
            dead_letters: { max_bytes: 1MiB }
            kafka: { fetch.min.bytes: 1, security.protocol: ssl }
            gateways: [g1, g2]
            derive: { subnet: ip }
            log: { level: debug, format: json }
            shadow.topic: shadows
            """
        let settings = try load(file).get().settings
        #expect(settings.input.format == .protobuf)
        #expect(settings.input.preset == .otelGenAI)
        #expect(settings.input.onMissingOffset == .latest)
        #expect(settings.input.fields.map(\.pointers) == [["/user/id"], ["/a~1b"]])
        #expect(settings.state.memoryBudgetBytes == 2 << 30)
        #expect(settings.deadLetters.maxBytes == 1 << 20)
        #expect(settings.kafka.map(\.name) == ["fetch.min.bytes", "security.protocol"])
        #expect(settings.gateways == ["g1", "g2"])
        #expect(settings.derive.map(\.kind) == ["subnet"])
        #expect(settings.log.level == .debug)
        #expect(settings.shadowTopic == "shadows")
    }

    @Test("an unknown key is an error with line, column, caret and suggestion")
    func unknownKey() {
        let text = errors("group: g\nwindow:\n  lateniss: 5s\n")
        #expect(text.contains("stillwatch.yaml:3:3: error: unknown key 'window.lateniss'"))
        #expect(text.contains("  lateniss: 5s"))
        #expect(text.contains("^~~~~~~~"))
        #expect(text.contains("did you mean 'window.lateness'?"))
    }

    @Test("every error is reported, not the first alone")
    func allErrors() {
        let text = errors("group: ''\nshards: many\nwindow: { pane: 10 }\ninput: { format: xml }\n")
        for part in [":1:8: error: 'group'", ":2:9: error", ":3:17: error", ":4:18: error"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test(
        "a value out of its limits is refused",
        arguments: [
            "shards: 257", "shards: -1", "shards: '4'", "window: { pane: 99ms }",
            "input.topic: a b",
            "window: { pane: 2h }", "state: { memory_budget: 5GB }", "bootstrap_servers: 'a:0'",
            "bootstrap_servers: 'a:9092,,b'", "bootstrap_servers: ':9092'",
            "derive: { subnet: asn }",
            "derive: { city: ip }", "input: { fields: { account: user } }", "gateways: g1",
            "input: { fields: { account: /a~b } }", "kafka: [a]", "partials: { partitions: 0 }",
            "log: loud", "- a list", "a: 1\n---\nb: 2", "alerts.topic: ..",
        ])
    func refused(text: String) {
        #expect(errors(text).contains("stillwatch.yaml:"))
    }

    @Test("a key set twice, nested and dotted, is an error")
    func setTwice() {
        let text = errors("window: { pane: 5s }\nwindow.pane: 6s\n")
        #expect(text.contains(":2:1: error: 'window.pane' is set twice"))
    }

    @Test("two keys that contradict each other are an error at the one that was set")
    func contradictions() {
        let lateness = errors("window:\n  max_lateness: 1s\n")
        #expect(lateness.contains(":2:17: error: 'window.max_lateness' is less than"))
        let loop = errors("alerts:\n  topic: llm.requests\n")
        #expect(loop.contains(":2:10: error: 'alerts.topic' is the same topic as 'input.topic'"))
        #expect(errors("shadow: { topic: stillwatch.alerts }") == "")
    }

    @Test("a bad environment variable is named in its error")
    func environmentErrors() {
        let text = errors("", ["STILLWATCH_WINDOW_PANE": "soon"])
        #expect(
            text.contains("STILLWATCH_WINDOW_PANE:1:1: error: 'window.pane' must be a duration"))
    }

    @Test("a librdkafka property has its own variable, and mappings merge by name")
    func kafkaProperties() throws {
        let file = "kafka: { sasl.username: file, client.rack: r1 }"
        let environment = ["STILLWATCH_KAFKA_SASL_PASSWORD": "x=y,z"]
        let overrides = [Override(option: "-X", key: "kafka.sasl.username", value: "option")]
        let settings = try load(file, environment, overrides).get().settings
        let properties = settings.kafka.map { "\($0.name)=\($0.value)" }
        #expect(properties == ["client.rack=r1", "sasl.password=x=y,z", "sasl.username=option"])
    }

    @Test("lists and mappings are comma-separated in the environment")
    func environmentShapes() throws {
        let environment = [
            "STILLWATCH_GATEWAYS": "g1,g2", "STILLWATCH_INPUT_FIELDS": "account=/a,model=/m",
            "STILLWATCH_GROUP": "", "STILLWATCH_CONFIG": "file", "OTHER": "x",
        ]
        let loaded = try load("", environment).get()
        #expect(loaded.settings.gateways == ["g1", "g2"])
        #expect(loaded.settings.input.fields.map(\.name) == ["account", "model"])
        #expect(loaded.settings.group == "stillwatch")
        #expect(loaded.warnings.isEmpty)
    }

    @Test("lists and mappings outside the file may also be written as in it")
    func flowShapes() throws {
        let environment = ["STILLWATCH_GATEWAYS": "[g1, 'g,2']"]
        #expect(try load("", environment).get().settings.gateways == ["g1", "g,2"])
        func set(_ key: String, _ value: String) -> [Override] {
            [Override(option: "--set", key: key, value: value)]
        }
        let lists = try load("", [:], set("gateways", "[a1]")).get()
        #expect(lists.settings.gateways == ["a1"])
        #expect(try load("", [:], set("gateways", "[]")).get().settings.gateways == [])
        let fields = try load("", [:], set("input.fields", "{ account: /a, model: /m }")).get()
        #expect(fields.settings.input.fields.map(\.name) == ["account", "model"])
        guard case .failure(let error) = load("", [:], set("gateways", "[a1")) else {
            return #expect(Bool(false))
        }
        #expect(error.description.contains("--set:1:"))
    }

    @Test("a variable that sets nothing is an error with a suggestion")
    func unknownVariable() throws {
        let text = errors("", ["STILLWATCH_GRUOP": "g"])
        #expect(text.contains("environment:1:1: error: the variable STILLWATCH_GRUOP sets nothing"))
        #expect(text.contains("did you mean 'STILLWATCH_GROUP'?"))
        #expect(errors("", ["STILLWATCH_GRUOP": ""]) == "", "an empty one counts as absent")
    }

    @Test("variables that Kubernetes sets for services named like us set nothing, and are no error")
    func serviceVariables() throws {
        let names = [
            "STILLWATCH_SERVICE_HOST", "STILLWATCH_SERVICE_PORT", "STILLWATCH_SERVICE_PORT_HTTP",
            "STILLWATCH_PORT", "STILLWATCH_PORT_80_TCP", "STILLWATCH_PORT_80_TCP_ADDR",
            "STILLWATCH_KAFKA_SERVICE_HOST", "STILLWATCH_KAFKA_PORT_9092_TCP_PROTO",
        ]
        let variables = Dictionary(uniqueKeysWithValues: names.map { ($0, "tcp://10.0.0.1:80") })
        #expect(try load("", variables).get().settings.kafka.isEmpty)
        #expect(errors("", ["STILLWATCH_PORTS": "1"]) != "")
        #expect(errors("", ["STILLWATCH_PORT_NUMBER": "1"]) != "")
    }

    @Test(
        "a property that is refused is an error where it was set, and no secret beside it is shown")
    func refusedProperties() {
        let file = "kafka: { sasl.password: hidden, securty.protocol: SSL }"
        let overrides = [Override(option: "-X", key: "kafka.bogus", value: "1")]
        let result = Result { () throws(ConfigurationError) in
            try Settings.load(
                file: SourceText(name: "stillwatch.yaml", text: file), overrides: overrides,
                property: { pair in
                    pair.name == "sasl.password"
                        ? nil : .init("is unknown", known: ["security.protocol"])
                })
        }
        guard case .failure(let error) = result else { return #expect(Bool(false)) }
        let text = error.description
        #expect(text.contains("stillwatch.yaml:1:33: error: 'kafka.securty.protocol' is unknown"))
        #expect(text.contains("did you mean 'security.protocol'?"))
        #expect(text.contains("-X:1:1: error: 'kafka.bogus' is unknown"))
        #expect(!text.contains("hidden"))
    }

    @Test("an unknown key of --set is an error with a suggestion")
    func unknownOverride() {
        let result = load("", [:], [Override(option: "--set", key: "shard", value: "1")])
        guard case .failure(let error) = result else { return #expect(Bool(false)) }
        #expect(error.description.contains("--set:1:1: error: unknown key 'shard'"))
        #expect(error.description.contains("did you mean 'shards'?"))
    }
}
