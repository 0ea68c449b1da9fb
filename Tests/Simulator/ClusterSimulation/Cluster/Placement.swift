/// Which broker leads something that brokers replicate: a partition, or a coordinator's log.
final class Placement {
    /// The broker; nil while there is none.
    private(set) var leader: Int?
    /// Counts leaders: what an earlier one had under way is void.
    private(set) var epoch: Int32 = 0
    /// Until then a new coordinator reads its log.
    var loadingUntilUs: Micros = 0
    /// Until then nothing is acknowledged: a follower died and is waited for.
    var stalledUntilUs: Micros = 0

    init(leader: Int) { self.leader = leader }

    /// How much longer a write takes because a follower is waited for.
    func stallUs(_ nowUs: Micros) -> Micros { max(0, stalledUntilUs - nowUs) }

    func move(to leader: Int?) {
        self.leader = leader
        epoch += 1
    }
}
