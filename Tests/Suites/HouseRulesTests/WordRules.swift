/// Rules on words that may not occur.
enum WordRules {
    /// Everything that runs per event or per partial, by path; a file that is not there yet is passed over.
    static let hotFiles: Set<String> = [
        "Sources/Primitives/ByteReader.swift",
        "Sources/Primitives/Time.swift",
        "Sources/Events/Event.swift",
        "Sources/Events/EventDecoder.swift",
        "Sources/Events/EventDecoder+Protobuf.swift",
        "Sources/Events/WireReader.swift",
        "Sources/Aggregation/ChangeLog.swift",
        "Sources/Aggregation/EntityIndex.swift",
        "Sources/Aggregation/EntityRecord.swift",
        "Sources/Aggregation/EntityRecord+Hours.swift",
        "Sources/Aggregation/EntityRecord+Panes.swift",
        "Sources/Aggregation/EntityRecord+Sample.swift",
        "Sources/Aggregation/EntityStore.swift",
        "Sources/Aggregation/EntityStore+Memory.swift",
        "Sources/Aggregation/EntityStore+Samples.swift",
        "Sources/Aggregation/EntityView.swift",
        "Sources/Aggregation/Partial.swift",
        "Sources/Aggregation/Slab.swift",
        "Sources/Aggregation/Slab+Chunk.swift",
        "Sources/Topology/PartialReader.swift",
        "Sources/Topology/Combiner.swift",
        "Sources/Topology/EventFields.swift",
        "Sources/Topology/EventFolder.swift",
        "Sources/Topology/PartitionClock.swift",
        "Sources/Topology/SectionTable.swift",
        "Sources/Topology/Subnet.swift",
        "Sources/Detection/Compiler/Evaluator.swift",
        "Sources/Detection/Features/Loads+Shares.swift",
        "Sources/Detection/Features/Question.swift",
        "Sources/Detection/Findings/EpisodeMap.swift",
    ]

    /// What a hot file may have all the same, with the reason; one that is not needed is a violation.
    static let exceptions: [(path: String, rule: String, reason: String)] = [
        (
            "Sources/Detection/Compiler/Evaluator.swift", "no String in a hot file",
            "evidence is named once a finding"
        ),
        (
            "Sources/Detection/Features/Question.swift", "no String in a hot file",
            "rows are read when a rule is compiled"
        ),
        ("Sources/Events/EventDecoder.swift", "no String in a hot file", "an enum's raw type"),
        (
            "Sources/Topology/EventFields.swift", "no String in a hot file",
            "names are resolved at start"
        ),
        (
            "Sources/Topology/PartialReader.swift", "no String in a hot file",
            "names stand once in a block"
        ),
        ("Sources/Topology/PartialReader.swift", "no class in a hot file", "one object a block"),
    ]

    nonisolated(unsafe) private static let hotWords: [(pattern: Regex<Substring>, rule: String)] = [
        (/\bString\b/, "no String in a hot file"),
        (/\bDictionary\b/, "no Dictionary in a hot file"),
        (/\[\s*[A-Z]\w*\s*:\s*\[?[A-Z][\w.]*\]?\s*\]/, "no Dictionary in a hot file"),
        (/\bany\s+[A-Z(]/, "no existential in a hot file"),
        (/\bFoundation\b/, "no Foundation in a hot file"),
        (/\bclass\b/, "no class in a hot file"),
        (
            /\b(?:ContinuousClock|SuspendingClock|Date|DispatchTime|MachineClock|clock_gettime|gettimeofday)\b/,
            "no clock in a hot file"
        ),
    ]

    static func hotPath(_ file: SourceFile) -> [Violation] {
        guard hotFiles.contains(file.path) else { return [] }
        return hotWords.flatMap { word in
            let lines = file.matches(word.pattern)
            let exception = exceptions.first { $0.path == file.path && $0.rule == word.rule }
            if exception != nil {
                return lines.isEmpty ? [unused(word.rule, in: file)] : []
            }
            return lines.map { Violation(path: file.path, line: $0, rule: word.rule) }
        }
    }

    private static func unused(_ rule: String, in file: SourceFile) -> Violation {
        Violation(path: file.path, line: 1, rule: "needs no exception any more: \(rule)")
    }

    static func traps(_ file: SourceFile) -> [Violation] {
        let traps = file.matches(/(?:^|[^.\w])fatalError\s*\(/).map { ($0, "no fatalError") }
        let tried = file.matches(/\btry!/)
        let tries = tried.map { ($0, "no try!") }
        let unwraps = file.matches(/[\w\)\]\}"`>]!(?!=)/)
            .filter { !tried.contains($0) }
            .map { ($0, "no force unwrap") }
        return (traps + tries + unwraps).map {
            Violation(path: file.path, line: $0.0, rule: $0.1)
        }
    }

    static func leftovers(_ file: SourceFile) -> [Violation] {
        find(/\b(?:TODO|FIXME|XXX|HACK)\b/, in: file, rule: "no work left for later")
    }

    /// Folders that are only on someone's machine; a URL's path is none.
    static func machinePaths(_ file: SourceFile) -> [Violation] {
        find(
            /(?:^|[^\w.~])\/(?:work|home|root|Users|tmp|mnt|opt)\//, in: file,
            rule: "no absolute path of a machine")
    }

    private static func find(
        _ pattern: Regex<Substring>, in file: SourceFile, rule: String
    ) -> [Violation] {
        file.textMatches(pattern).map { Violation(path: file.path, line: $0, rule: rule) }
    }
}
