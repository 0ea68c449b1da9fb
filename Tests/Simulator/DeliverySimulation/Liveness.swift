import ClusterSimulation
import Delivery

/// Reading goes on while there is something to read: once nothing is wrong any more, what is committed moves
/// within a minute, or everything is committed.
final class Liveness {
    private unowned let run: SimulationRun
    private var committed: [Int64] = []
    private var sinceMs: Int64 = 0
    private var isOn = false

    /// Longer than anything that ends by itself: sessions, transactions, waits for a rebalance.
    private static let withinMs: Int64 = 60_000

    init(_ run: SimulationRun) { self.run = run }

    /// Begins to watch.
    func begin() {
        isOn = true
        sinceMs = run.world.nowMs
        look()
    }

    /// Watches no more.
    func stop() { isOn = false }

    private func look() {
        guard isOn else { return }
        let cluster = run.world.cluster
        let now = run.scenario.readTopics.flatMap { cluster.logs($0) }.map {
            cluster.group.committed($0.id)?.offset ?? 0
        }
        let lag = run.lag()
        if now != committed || lag.isEmpty { sinceMs = run.world.nowMs }
        committed = now
        if run.world.nowMs - sinceMs >= Self.withinMs {
            isOn = false
            let stalls = run.all.filter(\.isAlive).flatMap(\.stalls)
            return run.problem(
                "no progress for \(Self.withinMs / 1_000) s: \(lag); "
                    + stalls.map { "\($0.partition) waits for \($0.reason)" }
                    .joined(separator: ", "))
        }
        run.world.after(ms: 1_000) { [weak self] in self?.look() }
    }
}
