/// Latencies between everybody, and what becomes of requests.
public final class Network {
    /// A fault that meets one request to come.
    private struct Ambush {
        var process: Int?
        var kind: RequestKind
        var fate: Fate
    }

    /// Faults that meet every process.
    public var faults = NetworkFaults()
    let timeline: Timeline
    private let settings: ClusterSettings
    private let random: RandomStream
    private var ambushes: [Ambush] = []

    init(timeline: Timeline, settings: ClusterSettings) {
        self.timeline = timeline
        self.settings = settings
        random = timeline.random(.network)
    }

    /// One way.
    func latencyUs() -> Micros { random.pick(settings.latencyUs) }

    /// Lets the next request of a kind, of one process or of any, be carried out late: the client sees its
    /// connection break after `noticeUs`, and the copy it sent arrives after `byUs`.
    public func delayNext(
        _ kind: RequestKind, of process: SimProcess? = nil, byUs: Micros, noticeUs: Micros = 1_000
    ) {
        ambush(kind, process, .copyDelayed(byUs: byUs, noticeUs: noticeUs))
    }

    /// Loses the next request of a kind.
    public func loseNextRequest(
        _ kind: RequestKind, of process: SimProcess? = nil, noticeUs: Micros = 1_000
    ) {
        ambush(kind, process, .requestLost(noticeUs: noticeUs))
    }

    /// Loses the response to the next request of a kind, which is carried out.
    public func loseNextResponse(
        _ kind: RequestKind, of process: SimProcess? = nil, noticeUs: Micros = 1_000
    ) {
        ambush(kind, process, .responseLost(noticeUs: noticeUs))
    }

    /// Lets the next request of a kind take long.
    public func slowNext(_ kind: RequestKind, of process: SimProcess? = nil, byUs: Micros) {
        ambush(kind, process, .slow(byUs: byUs))
    }

    private func ambush(_ kind: RequestKind, _ process: SimProcess?, _ fate: Fate) {
        ambushes.append(Ambush(process: process?.id, kind: kind, fate: fate))
    }

    /// What becomes of a request that is sent now.
    func fate(of kind: RequestKind, from process: SimProcess, to broker: Int) -> Fate {
        if !ambushes.isEmpty,
            let index = ambushes.firstIndex(where: {
                $0.kind == kind && ($0.process == nil || $0.process == process.id)
            })
        {
            return ambushes.remove(at: index).fate
        }
        if let own = process.networkFaults { return draw(own, kind, broker) }
        return faults.isHealthy ? .delivered : draw(faults, kind, broker)
    }

    private func draw(_ faults: NetworkFaults, _ kind: RequestKind, _ broker: Int) -> Fate {
        if let kinds = faults.kinds, !kinds.contains(kind) { return .delivered }
        if let brokers = faults.brokers, !brokers.contains(broker) { return .delivered }
        if random.chance(faults.losesRequest) {
            return .requestLost(noticeUs: random.pick(faults.noticeUs))
        }
        if random.chance(faults.losesResponse) {
            return .responseLost(noticeUs: random.pick(faults.noticeUs))
        }
        if random.chance(faults.delaysCopy) {
            return .copyDelayed(
                byUs: random.pick(faults.delayUs), noticeUs: random.pick(faults.noticeUs))
        }
        if random.chance(faults.slows) { return .slow(byUs: random.pick(faults.delayUs)) }
        return .delivered
    }
}
