/// Rules on what imports what: DESIGN's modules, imports only downward.
enum ImportRules {
    /// The height of every module; one may import only lower ones.
    static let heights = [
        "Primitives": 0, "Broker": 1, "YAML": 1, "Execution": 1, "Telemetry": 2, "Events": 2,
        "Aggregation": 2,
        "Snapshots": 2,
        "Kafka": 2, "Detection": 3, "Topology": 4, "Simulation": 4, "Campaigns": 5,
        "CampaignReports": 5,
        "Delivery": 6, "Replay": 6, "History": 7, "Configuration": 7, "Live": 7, "Assessment": 7,
        "Operations": 8, "stillwatch": 9,
    ]

    /// Modules that see nothing of the machine: no file, clock, socket, lock or thread.
    static let pure: Set = [
        "Primitives", "Broker", "YAML", "Events", "Aggregation", "Snapshots", "Detection",
        "Topology", "Campaigns", "CampaignReports", "Simulation",
        "Delivery", "Assessment",
    ]

    /// Modules that hand out clocks, threads and files: none for the pure ones.
    static let ofTheMachine: Set = ["Execution", "Telemetry"]

    /// What the shards of a process share needs a lock; it is one file.
    static let shared = ["Sources/Delivery/Tasks/AlignmentBoard.swift": "Synchronization"]

    /// Modules that only some may import.
    static let restricted = ["Kafka": Set(["Live", "History", "Operations", "stillwatch"])]

    static func downward(_ file: SourceFile) -> [Violation] {
        guard let own = heights[file.module] else {
            return [
                Violation(
                    path: file.path, line: 1,
                    rule: "module \(file.module) has no place in the layers")
            ]
        }
        return file.imports.compactMap { name, line in
            guard let height = heights[name] else { return nil }
            let isAllowed = restricted[name]?.contains(file.module) ?? true
            if height < own, isAllowed { return nil }
            return Violation(
                path: file.path, line: line, rule: "\(file.module) may not import \(name)")
        }
    }

    static func purity(_ file: SourceFile) -> [Violation] {
        guard pure.contains(file.module) else { return [] }
        return file.imports.filter {
            ofTheMachine.contains($0.module)
                || heights[$0.module] == nil && !isCLibrary($0.module)
                    && shared[file.path] != $0.module
        }.map {
            Violation(
                path: file.path, line: $0.line, rule: "\(file.module) may not import \($0.module)")
        }
    }

    /// Each C module has one importer.
    static func cImporters(_ files: [SourceFile]) -> [Violation] {
        var first: [String: String] = [:]
        var violations: [Violation] = []
        for file in files {
            for (name, line) in file.imports where isCLibrary(name) {
                let importer = first[name] ?? file.module
                first[name] = importer
                if importer == file.module { continue }
                violations.append(
                    Violation(
                        path: file.path, line: line, rule: "\(name) is imported by \(importer) only"
                    ))
            }
        }
        return violations
    }

    /// Our C modules are called C and the library's name.
    private static func isCLibrary(_ name: String) -> Bool {
        name.wholeMatch(of: /C[A-Z]\w*/) != nil
    }
}
