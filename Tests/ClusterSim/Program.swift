import DeliverySimulation
import Foundation
import Synchronization

/// The command line's runs, on as many threads as there are cores: each seed is a world of its own.
struct Program {
    private let options: Options

    init(_ options: Options) { self.options = options }

    static func fail(_ text: String) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(1)
    }

    private var jobs: Int {
        options.jobs > 0 ? options.jobs : ProcessInfo.processInfo.activeProcessorCount
    }

    func run() throws {
        if options.isSingle { return try runOne() }
        guard let name = options.planted else { return runMany() }
        let names = name == "all" ? DeliverySimulation.plantedBugs.map(\.name) : [name]
        try runPlanted(names)
    }

    /// One seed, told in detail.
    private func runOne() throws {
        let result = try DeliverySimulation.run(
            seed: options.first, planted: options.planted,
            trace: options.traces ? { print($0) } : nil)
        print("seed \(options.first): \(result.scenario)")
        for problem in result.problems { print("  \(problem)") }
        print(result.line)
        exit(result.isGood ? 0 : 1)
    }

    /// So many seeds; those that go wrong are told.
    private func runMany() {
        let begin = Date()
        let total = Mutex(DeliverySimulation.Totals())
        each { seed in
            do {
                let result = try DeliverySimulation.run(seed: seed)
                total.withLock { $0.add(result) }
                if !result.isGood { tell(seed, result) }
            } catch {
                print("seed \(seed): \(error)")
                total.withLock { $0.wrong += 1 }
            }
            return true
        }
        let seconds = Date().timeIntervalSince(begin)
        let sums = total.withLock { $0 }
        print("simulation: \(sums.line), \(String(format: "%.0f", seconds)) s")
        exit(sums.wrong == 0 ? 0 : 1)
    }

    private func tell(_ seed: UInt64, _ result: DeliverySimulation.Result) {
        var text =
            "seed \(seed) goes wrong (again with --seed \(seed) --trace): \(result.scenario)\n"
        for problem in result.problems.prefix(3) { text += "  \(problem.prefix(300))\n" }
        print(text, terminator: "")
    }

    /// Calls `body` with each seed until one says false.
    private func each(_ body: @Sendable (UInt64) -> Bool) {
        let next = Atomic<UInt64>(options.first)
        let end = options.first + options.seeds
        let isOver = Atomic<Bool>(false)
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while !isOver.load(ordering: .relaxed) {
                let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard seed < end else { return }
                if !body(seed) { isOver.store(true, ordering: .relaxed) }
            }
        }
    }

    /// Each bug until a seed finds it.
    private func runPlanted(_ names: [String]) throws {
        print("| bug | what is wrong | found by seed | after | how |\n|---|---|---|---|---|")
        var caught = 0
        for name in names {
            guard let bug = DeliverySimulation.plantedBugs.first(where: { $0.name == name }) else {
                let known = DeliverySimulation.plantedBugs.map(\.name).joined(separator: ", ")
                throw Problem("no planted bug is called '\(name)'; there are \(known)")
            }
            let found = Mutex<(seed: UInt64, how: String)?>(nil)
            each { seed in
                guard let result = try? DeliverySimulation.run(seed: seed, planted: name) else {
                    return true
                }
                if result.isGood { return true }
                found.withLock { found in
                    if found.map({ $0.seed > seed }) ?? true { found = (seed, result.kind) }
                }
                return false
            }
            let hit = found.withLock { $0 }
            if hit != nil { caught += 1 }
            let after =
                hit.map { "\($0.seed - options.first + 1)" } ?? "not within \(options.seeds)"
            print(
                "| `\(name)` | \(bug.text) | \(hit.map { "\($0.seed)" } ?? "-") | \(after) | "
                    + "\(hit?.how ?? "-") |")
        }
        print("planted bugs: \(caught) of \(names.count) found within \(options.seeds) seeds each")
        exit(caught >= names.count - names.count / 15 ? 0 : 1)
    }
}
