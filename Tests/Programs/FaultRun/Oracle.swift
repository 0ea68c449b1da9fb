import Foundation

/// What the findings should be: a backtest over the input topic, partition by partition, with the same rules.
struct Oracle {
    /// How the committed findings compare.
    struct Comparison {
        var events = 0
        var expected = 0
        var found = 0
        var lost = 0
        var doubled = 0
        var different = 0
        var examples: [String] = []
    }

    private let scene: Scene
    private let kcat: URL

    init(_ scene: Scene) throws {
        self.scene = scene
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(
            separator: ":")
        guard
            let found = paths.map({ URL(fileURLWithPath: "\($0)/kcat") })
                .first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
        else { throw Problem("kcat is needed (Debian: kcat)") }
        kcat = found
    }

    func compare() throws -> Comparison {
        var files: [String] = []
        for partition in 0..<Scene.inputPartitions {
            let file = scene.path("input-\(partition).jsonl")
            try read(scene.input, partition: partition, into: file)
            files.append(file.path)
        }
        let expected = scene.path("expected.jsonl")
        try scene.stillwatch(
            ["backtest", "--no-progress", "--out", expected.path] + files, log: "backtest.log")
        let found = scene.path("found.jsonl")
        try read("stillwatch.alerts", partition: nil, into: found)
        var comparison = try compare(lines(expected), lines(found))
        comparison.events = try files.reduce(0) { $0 + (try lineCount($1)) }
        return comparison
    }

    /// What a consumer of committed records sees.
    private func read(_ topic: String, partition: Int?, into file: URL) throws {
        let place = partition.map { ["-p", String($0)] } ?? []
        try Child.run(
            kcat,
            [
                "-b", scene.servers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X",
                "isolation.level=read_committed", "-f", "%s\\n",
            ] + place, log: scene.path("kcat.log"), output: file)
    }

    private func lines(_ file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func lineCount(_ path: String) throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: path)).count { $0 == 0x0A }
    }

    private func compare(_ expected: [String], _ found: [String]) throws -> Comparison {
        var comparison = Comparison(expected: expected.count, found: found.count)
        let wanted = try Dictionary(
            expected.map { (try identity($0), $0) }, uniquingKeysWith: { first, _ in first })
        var seen: [String: Int] = [:]
        for line in found {
            let id = try identity(line)
            seen[id, default: 0] += 1
            if seen[id, default: 0] > 1 {
                comparison.doubled += 1
                note("doubled", line, in: &comparison)
            } else if wanted[id] != line {
                comparison.different += 1
                note(wanted[id] == nil ? "not expected" : "different", line, in: &comparison)
            }
        }
        for (id, line) in wanted where seen[id] == nil {
            comparison.lost += 1
            note("lost", line, in: &comparison)
        }
        return comparison
    }

    private func note(_ what: String, _ line: String, in comparison: inout Comparison) {
        guard comparison.examples.count < 10 else { return }
        comparison.examples.append("\(what): \(line.prefix(400))")
    }

    /// The record's own id: the episode and its number in it.
    private func identity(_ line: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let metadata = object?["metadata"] as? [String: Any]
        guard let uid = metadata?["uid"] as? String else { throw Problem("no finding: \(line)") }
        return uid
    }
}
