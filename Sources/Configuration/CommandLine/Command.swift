/// A command: its words, what it takes, what the help says of it, and what it does.
public struct Command: Sendable {
    /// Its words: `rules lint`.
    public let name: String
    /// One line for the list of commands.
    public let summary: String
    /// Paragraphs for its own help.
    public let discussion: String
    /// Its arguments in order.
    public let arguments: [Argument]
    /// Its options in the order of the help.
    public let options: [Option]
    /// Does the work and returns the code the process ends with.
    public let run: @Sendable (Invocation) async throws -> ExitCode

    /// A command; see the fields.
    public init(
        _ name: String, summary: String, discussion: String = "", arguments: [Argument] = [],
        options: [Option] = [], run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.options = options
        self.run = run
    }
}

/// A command as someone called it.
public struct Invocation: Sendable {
    /// The command.
    public let command: Command
    /// The arguments in order.
    public internal(set) var arguments: [String] = []
    private var given: [(id: String, value: String)] = []

    init(command: Command) { self.command = command }

    mutating func add(_ option: Option, _ value: String) { given.append((option.id, value)) }

    /// Whether the option `id` was given.
    public func has(_ id: String) -> Bool { given.contains { $0.id == id } }

    /// The value of the option `id`; nil when it was not given.
    public func value(_ id: String) -> String? { given.last { $0.id == id }?.value }

    /// The values of the option `id` in the order given.
    public func values(_ id: String) -> [String] { given.filter { $0.id == id }.map(\.value) }

    /// The value of the integer option `id`; nil when it was not given.
    public func integer(_ id: String) -> Int? { value(id).flatMap(Int.init) }

    /// What the options say about settings: those with a key, `--set key=value` and `-X name=value`.
    public var overrides: [Override] {
        given.compactMap { id, value in
            guard let option = command.options.first(where: { $0.id == id }) else { return nil }
            if let key = option.key, case .pair = option.value {
                let name = String(value.prefix { $0 != "=" })
                return Override(
                    option: "\(option.spelling) \(name)", key: "\(key).\(name)",
                    value: String(value.dropFirst(name.count + 1)))
            }
            if let key = option.key {
                return Override(option: option.spelling, key: key, value: value)
            }
            guard id == "set" else { return nil }
            let name = String(value.prefix { $0 != "=" })
            return Override(
                option: "--set", key: name, value: String(value.dropFirst(name.count + 1)))
        }
    }
}
