import Delivery
import Execution
import Glibc

/// Runs one shard on a thread of its own.
///
/// Every other millisecond it yields, so that the engine's messages get their turn.
actor ShardRunner {
    private let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let shard: Shard
    private var failure: EngineFailure?
    private var isStopping = false
    private static let waitMs: Int32 = 5
    private static let pauseUs: UInt32 = 1_000

    init(
        _ settings: EngineSettings, index: Int, ports: sending ShardPorts, board: AlignmentBoard,
        events: EventLog
    ) async throws {
        shard = try Shard(
            settings, index: index, ports: ports, board: board, notify: { events.write($0) })
    }

    deinit { executor.stop() }

    /// Works until stopped, or until it cannot go on.
    func run() async {
        var yieldedMs: Int64 = 0
        while !isStopping, failure == nil {
            let now = MachineClock.monotonicMs()
            do throws(EngineFailure) {
                if try !shard.step(nowMs: now, waitMs: Self.waitMs) { usleep(Self.pauseUs) }
            } catch {
                failure = error
            }
            if now > yieldedMs + 1 {
                await Task.yield()
                yieldedMs = MachineClock.monotonicMs()
            }
        }
    }

    /// Ends the loop.
    func stop() { isStopping = true }

    /// Does what the instance says.
    func handle(_ command: ShardCommand) throws {
        try shard.handle(command, nowMs: MachineClock.monotonicMs())
    }

    /// What the shard has to tell, once.
    ///
    /// - Throws: why it cannot go on.
    func takeEvents() throws -> [ShardEvent] {
        if let failure { throw failure }
        return shard.takeEvents()
    }

    /// How far it is with what it was given to read to its end.
    func progress() -> ShardProgress { shard.progress }

    /// Numbers about the shard.
    func status() -> ShardStatus { shard.status() }
}
