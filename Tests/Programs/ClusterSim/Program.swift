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

    /// Calls `body` with each seed, `limit` at most, until one says false.
    private func each(limit: UInt64 = .max, _ body: @Sendable (UInt64) -> Bool) {
        let next = Atomic<UInt64>(options.first)
        let end = options.first + min(options.seeds, limit)
        let isOver = Atomic<Bool>(false)
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while !isOver.load(ordering: .relaxed) {
                let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard seed < end else { return }
                if !body(seed) { isOver.store(true, ordering: .relaxed) }
            }
        }
    }

    /// Seeds a bug that should do no harm is run with.
    private static let harmlessSeeds: UInt64 = 500

    /// Each bug until a seed finds it.
    private func runPlanted(_ names: [String]) throws {
        print("| bug | what is wrong | seeds | how |\n|---|---|---|---|")
        var caught = 0
        for name in names {
            guard let bug = DeliverySimulation.plantedBugs.first(where: { $0.name == name }) else {
                let known = DeliverySimulation.plantedBugs.map(\.name).joined(separator: ", ")
                throw Problem("no planted bug is called '\(name)'; there are \(known)")
            }
            let found = find(bug)
            if found != nil { caught += 1 }
            print("| `\(name)` | \(bug.text) | \(cells(found, bug)) |")
            fflush(nil)
        }
        print("planted bugs: \(caught) of \(names.count) found within \(options.seeds) seeds each")
        // One of fifteen may hide.
        exit(caught >= names.count - names.count / 15 ? 0 : 1)
    }

    /// The first seed that finds a bug, and how it shows.
    private func find(_ bug: DeliverySimulation.Bug) -> (seed: UInt64, how: String)? {
        let found = Mutex<(seed: UInt64, how: String)?>(nil)
        each(limit: bug.harmless == nil ? .max : Self.harmlessSeeds) { seed in
            guard let result = try? DeliverySimulation.run(seed: seed, planted: bug.name) else {
                return true
            }
            if result.isGood { return true }
            found.withLock { found in
                if found.map({ $0.seed > seed }) ?? true { found = (seed, result.kind) }
            }
            return false
        }
        return found.withLock { $0 }
    }

    private func cells(_ found: (seed: UInt64, how: String)?, _ bug: DeliverySimulation.Bug)
        -> String
    {
        if let found { return "\(found.seed - options.first + 1) | \(found.how)" }
        guard let reason = bug.harmless else { return "not within \(options.seeds) seeds | -" }
        return "not within \(min(options.seeds, Self.harmlessSeeds)) seeds | no harm: \(reason)"
    }
}
