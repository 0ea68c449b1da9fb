import Configuration
import Glibc
import YAML

/// Files of a revision of a git repository, as `REV:DIR` names them: read by the git command, without a checkout.
struct GitTree {
    private let revision: String
    private let path: String

    /// The revision and path in `text`; nil where that is a file or a directory, or nothing of the form.
    ///
    /// `DIR` is counted from the top of the repository that the working directory is in; `./DIR` from the working
    /// directory.
    init?(_ text: String) {
        guard Files.isDirectory(text) == nil, let colon = text.firstIndex(of: ":"),
            colon != text.startIndex
        else { return nil }
        revision = String(text[..<colon])
        var rest = text[text.index(after: colon)...]
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        path = String(rest)
    }

    private var name: String { "\(revision):\(path)" }

    /// The YAML files in it, by name; the file itself where it names one.
    ///
    /// - Throws: `Failure` with 4 where git or the repository is not there, with 3 for what it does not have.
    func yamlFiles() throws(Failure) -> [SourceText] {
        guard !revision.hasPrefix("-") else {
            throw Failure(.usage, "\(name): a revision does not begin with a hyphen")
        }
        let type = String(decoding: try git(["cat-file", "-t", name]), as: UTF8.self)
        if type.hasPrefix("blob") { return [try file(name)] }
        let listing = try git(["ls-tree", "-r", "-z", "--name-only", "--full-tree", name])
        let names = listing.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var files: [SourceText] = []
        for entry in names.sorted()
        where (entry.hasSuffix(".yaml") || entry.hasSuffix(".yml")) && !Self.isHidden(entry) {
            files.append(try file(path.isEmpty ? "\(revision):\(entry)" : "\(name)/\(entry)"))
        }
        if files.isEmpty {
            throw Failure(.ruleError, "\(name): no .yaml or .yml file in this directory")
        }
        return files
    }

    private static func isHidden(_ entry: String) -> Bool {
        entry.split(separator: "/").contains { $0.hasPrefix(".") }
    }

    private func file(_ name: String) throws(Failure) -> SourceText {
        SourceText(name: name, bytes: try git(["cat-file", "blob", name]))
    }

    private func git(_ arguments: [String]) throws(Failure) -> [UInt8] {
        let result: Subprocess.Result
        do throws(Subprocess.SpawnError) {
            result = try Subprocess.run("git", arguments)
        } catch {
            throw Failure(.unreachable, "\(name): git cannot be run: \(error.reason)")
        }
        guard result.code == 0 else {
            let said =
                String(decoding: result.errors, as: UTF8.self)
                .split(separator: "\n").map(String.init).first ?? "git ended with \(result.code)"
            let text = said.hasPrefix("fatal: ") ? String(said.dropFirst(7)) : said
            throw Failure(
                .usage,
                "\(name): no such file or directory, and git has no such revision of one: \(text)")
        }
        return result.output
    }
}
