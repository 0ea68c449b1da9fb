import Aggregation
import Configuration
import Detection
import Primitives
import YAML

/// The rules a command works with: files, directories of them, revisions of these in git, or the built-in starter pack.
struct RuleFiles {
    let rules: [Rule]
    /// The campaign rules among them.
    let campaignRules: [CampaignRule]
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
            var count = 0
            for path in paths {
                for source in try Self.sources(at: path) {
                    loader.load(source)
                    count += 1
                }
            }
            origin = paths.joined(separator: ", ")
            fileCount = count
        }
        loader.checkLimits()
        rules = loader.rules
        campaignRules = loader.campaignRules
    }

    /// The rules of the setting `rules`.
    init(_ settings: Settings) throws(Failure) {
        try self.init(
            settings.rules.isEmpty ? [] : [settings.rules],
            paneWidth: Setup.paneWidth(settings.window))
    }

    /// The rules of the setting `rules`, compiled, and what to say of them.
    static func compiled(_ settings: Settings) throws(Failure) -> (rules: RuleSet, text: String) {
        let files = try RuleFiles(settings)
        let set = try files.compile(paneWidth: Setup.paneWidth(settings.window))
        return (set, "\(count(set.rules.count, "rule")) running, from \(files.origin)")
    }

    /// Compiles the rules; warnings go to standard error.
    ///
    /// - Throws: `Failure` with 2 when a rule has an error or no rule would run.
    func compile(paneWidth: PaneWidth) throws(Failure) -> RuleSet {
        if diagnostics.hasErrors { throw Failure(.ruleError, text: diagnostics.text) }
        Console.error(diagnostics.text)
        let set: RuleSet
        do throws(RuleSetError) {
            set = try RuleSet(rules, campaigns: campaignRules, paneWidth: paneWidth)
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

    /// The files at a path, or in a revision of a directory.
    private static func sources(at path: String) throws(Failure) -> [SourceText] {
        if let tree = GitTree(path) { return try tree.yamlFiles() }
        var sources: [SourceText] = []
        for file in try files(at: path) {
            sources.append(SourceText(name: file, bytes: try Files.bytes(of: file)))
        }
        return sources
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
