import Aggregation
import Configuration
import Detection
import Primitives
import YAML

/// The rules a command works with: files, directories of them, or the built-in starter pack.
struct RuleFiles {
    let rules: [Rule]
    let diagnostics: Diagnostics
    /// What the rules were read from, for messages.
    let origin: String
    /// Files read.
    let fileCount: Int

    private static let limit = 10_000

    /// Reads the rules at `paths`; the starter pack where there is none.
    ///
    /// - Throws: `Failure` when a path cannot be read or a directory holds no rules.
    init(_ paths: [String], paneWidth: PaneWidth = .standard) throws(Failure) {
        diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics, paneWidth: paneWidth)
        if paths.isEmpty {
            for source in StarterRules.sources { loader.load(source) }
            origin = "the built-in starter pack"
            fileCount = StarterRules.files.count
        } else {
            var files: [String] = []
            for path in paths { files += try Self.files(at: path) }
            for file in files {
                loader.load(SourceText(name: file, bytes: try Files.bytes(of: file)))
            }
            origin = paths.joined(separator: ", ")
            fileCount = files.count
        }
        loader.checkLimits()
        rules = loader.rules
    }

    /// The rules of the setting `rules`.
    init(_ settings: Settings) throws(Failure) {
        try self.init(
            settings.rules.isEmpty ? [] : [settings.rules],
            paneWidth: Wiring.paneWidth(settings.window))
    }

    /// Compiles the rules; warnings go to standard error.
    ///
    /// - Throws: `Failure` with 2 when a rule has an error or no rule would run.
    func compile(paneWidth: PaneWidth) throws(Failure) -> RuleSet {
        if diagnostics.hasErrors { throw Failure(.ruleError, text: diagnostics.text) }
        Console.error(diagnostics.text)
        let set: RuleSet
        do throws(RuleSetError) {
            set = try RuleSet(rules, paneWidth: paneWidth)
        } catch {
            throw Failure(.ruleError, "\(origin): \(Self.text(error))")
        }
        if set.rules.isEmpty {
            throw Failure(.ruleError, "\(origin): no rule is active or shadow")
        }
        return set
    }

    static func text(_ error: RuleSetError) -> String {
        switch error {
        case .tooManyKinds(let count):
            "\(count) fingerprint kinds are used, at most \(RuleSet.kindLimit) can be"
        case .tooManyRules(let count): "\(count) rules, at most \(RuleSet.ruleLimit) can run"
        case .tooManyFeatures(let entity, let measures, let dimensions):
            "the rules on \(entity.rawValue)s use \(measures) measures and \(dimensions) dimensions, "
                + "at most \(StateSchema.limit) of each can be kept"
        }
    }

    private static func files(at path: String) throws(Failure) -> [String] {
        guard let isDirectory = Files.isDirectory(path) else {
            throw Failure(.unreachable, "\(path): no such file or directory")
        }
        guard isDirectory else { return [path] }
        let found = try yamlFiles(in: path, depth: 0)
        if found.isEmpty {
            throw Failure(.ruleError, "\(path): no .yaml or .yml file in this directory")
        }
        return found
    }

    private static func yamlFiles(in path: String, depth: Int) throws(Failure) -> [String] {
        let base = path.hasSuffix("/") ? path : path + "/"
        var found: [String] = []
        for name in try Files.names(in: path) {
            let full = base + name
            if Files.isDirectory(full) == true {
                if depth < 8 { found += try yamlFiles(in: full, depth: depth + 1) }
            } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                found.append(full)
            }
            if found.count > limit {
                throw Failure(.usage, "\(path): over \(limit) rule files")
            }
        }
        return found
    }
}
