import Foundation

/// The dependencies of a module in Package.swift are the modules its files import, no more and no fewer.
enum DependencyRule {
    /// The modules in `Sources` with the dependencies that `manifest` declares for them.
    static func declared(_ manifest: String) -> [String: Set<String>] {
        let target =
            /(?:module\(|\.(?:target|executableTarget)\(\s*name:)\s*"(\w+)",\s*(?:dependencies:\s*)?\[([^\]]*)\]/
        var found: [String: Set<String>] = [:]
        for match in manifest.matches(of: target) {
            found[String(match.1)] = Set(match.2.matches(of: /"([^"]+)"/).map { String($0.1) })
        }
        return found
    }

    /// Dependencies that nothing imports, and imports of our modules that no dependency declares.
    static func check(_ files: [SourceFile], manifest: String) -> [Violation] {
        let declared = declared(manifest)
        let modules = Set(declared.keys).union(declared.values.flatMap(\.self))
        return Dictionary(grouping: files, by: \.module).sorted { $0.key < $1.key }.flatMap {
            module, files in
            let imported = Set(files.flatMap { $0.imports.map(\.module) }).intersection(modules)
            let known = declared[module] ?? []
            return known.subtracting(imported).sorted().map {
                Violation(path: "Package.swift", line: 1, rule: "\(module) never imports \($0)")
            }
                + imported.subtracting(known).sorted().map {
                    Violation(
                        path: "Package.swift", line: 1, rule: "\(module) does not declare \($0)")
                }
        }
    }
}
