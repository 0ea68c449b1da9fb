import YAML

/// Settings that cannot be used: everything wrong with them, each with its place.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// What is wrong, in the order of finding.
    public let diagnostics: [Diagnostic]
    /// All of it as a terminal shows it.
    public let description: String
}

/// A setting from the command line: the option as typed, the key it sets, and its text.
public struct Override: Sendable {
    /// The option, for messages: `--group`.
    public var option: String
    /// The key: `group`, or `kafka.<property>`.
    public var key: String
    /// The text given.
    public var value: String

    /// A setting from the command line.
    public init(option: String, key: String, value: String) {
        self.option = option
        self.key = key
        self.value = value
    }
}

extension Settings {
    /// Settings with what was worth a warning.
    public struct Loaded: Sendable {
        /// The settings.
        public let settings: Settings
        /// Each a text for the log.
        public let warnings: [String]
    }

    /// What is wrong with a librdkafka property.
    public struct PropertyProblem: Sendable {
        /// What is wrong, after the property's name.
        public var text: String
        /// Names it may have been meant to have.
        public var known: [String]

        /// A problem.
        public init(_ text: String, known: [String] = []) {
            self.text = text
            self.known = known
        }
    }

    /// Reads settings: `overrides` win over `environment`, that over `file`, that over the defaults.
    ///
    /// Mappings merge name by name; lists replace. Every error is found, not the first alone.
    ///
    /// - Parameter property: what is wrong with a librdkafka property, which this module does not know.
    /// - Throws: `ConfigurationError` with all that is wrong; the caller prints it and exits with 3.
    public static func load(
        file: SourceText? = nil, environment: [String: String] = [:], overrides: [Override] = [],
        property: (Pair) -> PropertyProblem? = { _ in nil }
    ) throws(ConfigurationError) -> Loaded {
        let diagnostics = Diagnostics()
        var loader = SettingsLoader(diagnostics: diagnostics)
        loader.setDefaults()
        if let file { loader.read(file) }
        loader.read(environment)
        for item in overrides { loader.read(item) }
        loader.checkTogether()
        loader.checkProperties(property)
        guard !diagnostics.hasErrors else {
            throw ConfigurationError(
                diagnostics: diagnostics.all, description: diagnostics.text)
        }
        return Loaded(
            settings: loader.settings, warnings: diagnostics.warnings.map(\.message))
    }
}
