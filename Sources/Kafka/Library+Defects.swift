extension Library {
    /// A defect of librdkafka that touches this program.
    public struct Defect: Equatable, Sendable {
        /// A short name, stable over releases of this program.
        public var name: String
        /// The release that is free of it; nil while none is.
        public var fixedIn: Version?
        /// What comes of it here, after what is done about it.
        public var consequence: String
        /// What the operator can do; empty where nothing needs to be.
        public var remedy: String
        /// Whether the program works around it, so that nothing is lost.
        public var isWorkedAround: Bool
    }

    /// Defects of the running library, worst first.
    public static var knownDefects: [Defect] { defects(of: version) }

    /// Defects of a release, worst first.
    public static func defects(of version: Version) -> [Defect] {
        catalogue.filter { defect in defect.fixedIn.map { version < $0 } ?? true }
    }

    private static let catalogue: [Defect] = [
        Defect(
            name: "scram-nonce", fixedIn: Version(2, 6, 1),
            consequence: "SCRAM is refused by Kafka 4.0 or newer with \"invalid credentials\"",
            remedy: "use librdkafka 2.6.1 or newer, or PLAIN over TLS, or client certificates",
            isWorkedAround: false),
        Defect(
            name: "log-truncation", fixedIn: Version(2, 1, 0),
            consequence: "records lost by an unclean leader election go unnoticed",
            remedy: "keep unclean.leader.election.enable=false on the input and shuffle topics",
            isWorkedAround: false),
        Defect(
            name: "late-coordinator", fixedIn: Version(2, 1, 0),
            consequence:
                "a request about a group that is answered after its time-out ends the process; only "
                + "commands make such requests, with a minute's time",
            remedy: "repeat the command once the cluster answers quickly", isWorkedAround: true),
        Defect(
            name: "offsets-hang", fixedIn: nil,
            consequence:
                "adding offsets to a transaction hangs when the group's coordinator cannot be found three "
                + "times in a row; the client is given up after some seconds and the commit batch sent again",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "heartbeat-without-member", fixedIn: nil,
            consequence:
                "a static member that lost its session and has not yet given up its partitions may be "
                + "told that it was fenced; partitions that are lost are given up at once",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "cooperative-rebalance", fixedIn: Version(2, 6, 1),
            consequence:
                "cooperative rebalancing may give a partition two owners, crash or hang; it is refused",
            remedy: "stay with partition.assignment.strategy=range, the default",
            isWorkedAround: true),
        Defect(
            name: "transaction-retry", fixedIn: nil,
            consequence:
                "a transaction's request sent twice over a broken connection could end a later "
                + "transaction (no KIP-890); the producer starts anew after every such break",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "idempotence-desync", fixedIn: Version(2, 3, 0),
            consequence:
                "a producer may fail for good after a retry; it is made anew and the commit batch sent again",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "full-queue-stall", fixedIn: Version(2, 2, 0),
            consequence: "fetching pauses up to 1 s after a full queue; brokers' threads are woken",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "pause-skips", fixedIn: Version(2, 1, 0),
            consequence: "a paused partition skips offsets; partitions are never paused",
            remedy: "", isWorkedAround: true),
        Defect(
            name: "stale-records", fixedIn: Version(2, 1, 0),
            consequence:
                "records of a partition just given up may still come; they are told and dropped",
            remedy: "", isWorkedAround: true),
    ]
}
