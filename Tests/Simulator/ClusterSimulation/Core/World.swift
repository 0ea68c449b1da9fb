import Delivery

/// A simulated world: brokers, network and processes under one virtual clock and one seed.
///
/// A harness makes a world, creates topics (`cluster.createTopic`), makes processes with threads (`makeProcess`,
/// `SimProcess.makeThread`) and clients in them, starts the threads, and runs it from moment to moment, with faults
/// between. Ports are given the thread that they are to wake. The world must outlive everything made in it; its end
/// frees all.
///
/// | part | in a process |
/// |---|---|
/// | `GroupPort` | `SimGroup`, which joins when it is made |
/// | `LogPort`, `LookupPort` | `SimGroup.makeLog`, `SimGroup.makeLookup` |
/// | `ProducerPort` | `SimProducer` |
/// | `StatePort` | `SimState`, or `SimDirectory` over a `SimDisk` that outlives processes |
/// | `HistoryPort` | `SimHistory` |
///
/// | fault | |
/// |---|---|
/// | crash, end, freeze, thaw, clock jump, stall | `SimProcess.crash`, `exit`, `freeze`, `thaw`, `jumpClock`, `SimThread.stall` |
/// | requests lost, answered in vain, late twice, slow | `network.faults`, `SimProcess.networkFaults` (by chance); `network.delayNext`, `loseNextRequest`, `loseNextResponse`, `slowNext` (the next of a kind) |
/// | delayed EndTxn | `network.delayNext(.endTransaction, byUs:)` |
/// | a commit that looks aborted | `cluster.transactions.endErrorChance` |
/// | brokers | `cluster.takeDown`, `bringUp`, `moveLeader`, `moveGroupCoordinator`, `moveTransactionCoordinator`, `markerDelayUs` |
/// | records | `cluster.removeRecords`, `compact`, `damage`, `growTopic`, `deleteTopic`, `readOnlyTopics` |
/// | state | `cluster.damage` with `stateKeys`, `SimState.writeFault`, `SimDisk.writeFault`, `SimDisk.damage` |
/// | group | `RebalanceStorm` |
/// | planted in the library | `ClientSettings.readsUncommitted`, `readsUnstableOffsets` |
///
/// What happened is seen in `cluster.forEachCommitted`, `log`, `group.view`, `group.offsetHistory`,
/// `transactions.openCount`, and `trace`.
public final class World {
    /// Virtual time.
    public let timeline: Timeline
    /// Latencies and faults of requests.
    public let network: Network
    /// The brokers and what they keep.
    public let cluster: Cluster
    /// Every process so far, the dead ones too.
    public private(set) var processes: [SimProcess] = []

    /// A world in which everything follows from the seed.
    public init(seed: UInt64, settings: ClusterSettings = ClusterSettings()) {
        timeline = Timeline(seed: seed, traceCapacity: settings.traceCapacity)
        network = Network(timeline: timeline, settings: settings)
        cluster = Cluster(timeline: timeline, network: network, settings: settings)
        cluster.start()
    }

    deinit { close() }

    /// Ends it: nothing happens any more, and what planned something is let go of.
    public func close() {
        timeline.clear()
        cluster.close()
        for process in processes { process.close() }
        // What was closed may have planned something: that would hold on to all of it.
        timeline.clear()
    }

    /// The time now, in virtual milliseconds.
    public var nowMs: Int64 { timeline.nowMs }
    /// Events so far.
    public var eventCount: Int { timeline.eventCount }
    /// A digest of everything that happened: equal for equal runs.
    public var fingerprint: UInt64 { timeline.fingerprint }
    /// The last events as text, while tracing is on.
    public var trace: Trace { timeline.trace }

    /// Starts a process; a restart is a new process of the same name.
    public func makeProcess(_ name: String) -> SimProcess {
        let process = SimProcess(
            id: processes.count, name: name, timeline: timeline, network: network, cluster: cluster)
        processes.append(process)
        return process
    }

    /// Lets everything happen that happens within some time.
    public func run(forMs: Int64) { timeline.run(untilUs: timeline.nowUs + ms(forMs)) }

    /// Lets everything happen until a condition holds; false where it does not within a time.
    public func run(untilMs limitMs: Int64, _ condition: () -> Bool) -> Bool {
        let limitUs = timeline.nowUs + ms(limitMs)
        while !condition() {
            guard timeline.step(untilUs: limitUs) else {
                timeline.run(untilUs: limitUs)
                return condition()
            }
        }
        return true
    }

    /// Calls `body` after some time, such as a fault that is planned.
    public func after(ms delayMs: Int64, _ body: @escaping () -> Void) {
        timeline.after(ms(delayMs), body)
    }
}
