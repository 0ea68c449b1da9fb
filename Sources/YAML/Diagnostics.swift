/// Collects what is wrong with source texts, so that one run reports everything.
///
/// A reference, because readers at every depth report to the same collector; used by one thread.
public final class Diagnostics {
    /// Diagnostics kept at most; further ones are only counted.
    public static let limit = 100

    /// What was reported, in order of reporting.
    public private(set) var all: [Diagnostic] = []
    /// How many were not kept.
    public private(set) var omitted = 0
    /// How many errors were reported, kept or not.
    public private(set) var errorCount = 0

    /// An empty collector.
    public init() {}

    /// Whether any error was reported.
    public var hasErrors: Bool { errorCount > 0 }

    /// The errors kept.
    public var errors: [Diagnostic] { all.filter { $0.severity == .error } }

    /// The warnings kept.
    public var warnings: [Diagnostic] { all.filter { $0.severity == .warning } }

    /// Adds a diagnostic.
    public func report(_ diagnostic: Diagnostic) {
        if diagnostic.severity == .error { errorCount += 1 }
        if all.count < Self.limit { all.append(diagnostic) } else { omitted += 1 }
    }

    /// Adds an error about `range` of `source`.
    public func error(
        _ message: String, at range: SourceRange, in source: SourceText, notes: [String] = []
    ) {
        report(Diagnostic(.error, message, at: range, in: source, notes: notes))
    }

    /// Adds an error about `node`.
    public func error(_ message: String, at node: Node, notes: [String] = []) {
        error(message, at: node.range, in: node.source, notes: notes)
    }

    /// Adds a warning about `node`.
    public func warning(_ message: String, at node: Node, notes: [String] = []) {
        report(Diagnostic(.warning, message, at: node.range, in: node.source, notes: notes))
    }

    /// Everything kept, as a terminal shows it: one diagnostic after the other.
    public var text: String {
        var text = all.map { $0.description + "\n" }.joined()
        if omitted > 0 { text += "and \(omitted) more\n" }
        return text
    }
}
