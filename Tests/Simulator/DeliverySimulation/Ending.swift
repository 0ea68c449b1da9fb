import ClusterSimulation
import Delivery

/// The end of a run: every member ends or is killed, and one or two that stop at the end have to come to it, while
/// the sessions of those that are gone still hold their partitions.
struct Ending {
    private let run: SimulationRun
    private let names: [String]
    private let random: RandomStream

    /// Longer than sessions, restoring and the time a run waits for members that are gone, twice.
    private static let withinMs: Int64 = 150_000
    private static let starts = 6

    init(_ run: SimulationRun, _ random: RandomStream) {
        self.run = run
        self.random = random
        names = random.chance(0.3) ? ["i0", "i1"] : ["i0"]
    }

    /// Lets it all happen: whether the end is reached, and everything is committed.
    func isReached() -> Bool {
        run.endSupervision()
        for instance in run.all where instance.isAlive {
            if random.chance(0.5) { instance.requestStop() } else { instance.process.crash() }
        }
        let world = run.world
        guard world.run(untilMs: 30_000, { self.isGone }) else {
            run.problem("a member does not end when it is asked to")
            return false
        }
        let before = run.all.count
        for name in names { run.start(name, stopsAtEnd: true) }
        let untilMs = world.nowMs + Self.withinMs
        while world.nowMs < untilMs, !hasEnded(before) {
            world.run(forMs: 200)
            guard goOn(before) else { return false }
        }
        return judge(before)
    }

    private var isGone: Bool {
        !run.all.contains { names.contains($0.name) && $0.isAlive }
    }

    private func hasEnded(_ before: Int) -> Bool {
        names.allSatisfy { name in
            run.all.dropFirst(before).contains { $0.name == name && $0.hasEnded }
        }
    }

    /// Starts again what could not go on; false where the end was missed.
    private func goOn(_ before: Int) -> Bool {
        for name in names {
            let runs = run.all.dropFirst(before).filter { $0.name == name }
            guard let last = runs.last, !last.isAlive else { continue }
            if case .incomplete(let text)? = last.failure {
                run.problem("\(name) misses the end: \(text)")
                return false
            }
            guard !last.hasEnded, runs.count < Self.starts else { continue }
            run.start(name, stopsAtEnd: true)
        }
        return true
    }

    private func judge(_ before: Int) -> Bool {
        // What is left of partials at the very end is control records; findings tell whether it was more.
        let lag = run.lag(isEnded: true).filter { $0.hasPrefix("input") }
        guard hasEnded(before) else {
            let stalls = run.all.filter(\.isAlive).flatMap(\.stalls)
            run.problem(
                "a run that stops at the end does not end: \(lag); "
                    + stalls.map { "\($0.partition) waits for \($0.reason)" }
                    .joined(separator: ", "))
            return false
        }
        if !lag.isEmpty { run.problem("a run that stops at the end leaves \(lag)") }
        return lag.isEmpty
    }
}
