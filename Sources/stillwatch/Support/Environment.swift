import Configuration
import Glibc
import Kafka
import Telemetry
import YAML

/// What a command works with: settings from all sources, and a logger.
struct Environment {
    let settings: Settings
    let logger: Logger

    /// Reads the configuration file, the environment and the options of `invocation`; warnings are logged.
    ///
    /// - Throws: `Failure` with everything that is wrong.
    init(_ invocation: Invocation) throws(Failure) {
        let variables = Self.variables
        let path = invocation.value("config") ?? variables["STILLWATCH_CONFIG"] ?? ""
        let file: SourceText? =
            path.isEmpty ? nil : SourceText(name: path, bytes: try Files.bytes(of: path))
        do throws(ConfigurationError) {
            let loaded = try Settings.load(
                file: file, environment: variables, overrides: invocation.overrides,
                property: Self.problem)
            settings = loaded.settings
            logger = Logger(
                label: "stillwatch", level: settings.log.level,
                handler: .standardError(format: settings.log.format))
            for warning in loaded.warnings {
                logger.warning("configuration", metadata: ["warning": .string(warning)])
            }
        } catch {
            throw Failure(.usage, text: error.description)
        }
    }

    /// What librdkafka or the engine has against a property.
    private static func problem(_ pair: Settings.Pair) -> Settings.PropertyProblem? {
        guard let problem = Properties.problem(Properties.Setting(pair.name, pair.value)) else {
            return nil
        }
        let isKnown = Library.knows(property: pair.name)
        return Settings.PropertyProblem(problem, known: isKnown ? [] : Library.propertyNames)
    }

    /// The process's environment variables.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = String(text.prefix { $0 != "=" })
            variables[name] = String(text.dropFirst(name.count + 1))
            next += 1
        }
        return variables
    }
}
