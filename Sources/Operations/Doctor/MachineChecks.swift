/// Judges what concerns the machine: its clock, and its state directory.
public enum MachineChecks {
    /// How far a record's timestamp may be ahead of this machine's clock before it is told.
    public static let clockToleranceMs: Int64 = 60_000

    /// Judges the clock by the partitions of a topic that hold records stamped ahead of it.
    ///
    /// - Parameter isBrokerTime: whether the brokers stamp the topic's records, not its producers.
    public static func judgeClock(
        topic: String, partitionsAhead: [Int32], isBrokerTime: Bool
    ) -> CheckResult {
        let subject = "clock"
        guard !partitionsAhead.isEmpty else {
            return CheckResult(.ok, subject, "no record of '\(topic)' is stamped ahead of it")
        }
        let numbers = partitionsAhead.prefix(8).map { String($0) }.joined(separator: ", ")
        return CheckResult(
            .warn, subject,
            "records of '\(topic)' are stamped more than \(clockToleranceMs / 1000) s ahead of it "
                + "(partitions \(numbers))",
            remedy: isBrokerTime
                ? "synchronise this machine's clock and the brokers'"
                : "synchronise this machine's clock and the producers'; events ahead of their records are "
                    + "dead letters")
    }

    /// What there is at a directory's path.
    public struct DirectoryFacts: Equatable, Sendable {
        /// Whether the directory is there, or nil where something else is.
        public var isThere: Bool?
        /// Whether this user may write to it, or make it.
        public var isWritable: Bool
        /// Bytes free for this user.
        public var freeBytes: Int64

        /// Facts.
        public init(isThere: Bool?, isWritable: Bool, freeBytes: Int64) {
            self.isThere = isThere
            self.isWritable = isWritable
            self.freeBytes = freeBytes
        }
    }

    private static let leastFreeBytes: Int64 = 64 << 20
    private static let directorySubject = "state.directory"

    /// Why the state directory at `path` can neither be written to nor made; nil where one of them can be done.
    public static func fault(ofDirectory path: String) -> CheckResult? {
        fault(of: path, DirectoryFacts(of: path))
    }

    private static func fault(of path: String, _ facts: DirectoryFacts) -> CheckResult? {
        if facts.isThere == nil {
            return CheckResult(
                .problem, directorySubject, "'\(path)' is no directory", remedy: "name a directory"
            )
        }
        if facts.isWritable { return nil }
        return CheckResult(
            .problem, directorySubject, "'\(path)' may not be written",
            remedy: "give this user the right to; it is to be the one the engine runs as")
    }

    /// Judges a state directory, which may come to hold twice the state's memory.
    public static func judge(
        directory path: String, _ facts: DirectoryFacts, memoryBudget: Int64
    ) -> CheckResult {
        if let fault = fault(of: path, facts) { return fault }
        let free = "\(facts.freeBytes >> 20) MiB free"
        if facts.freeBytes < leastFreeBytes {
            return CheckResult(
                .problem, directorySubject, "'\(path)': \(free)",
                remedy: "make room: snapshots cannot be written")
        }
        if facts.freeBytes < 2 * memoryBudget {
            return CheckResult(
                .warn, directorySubject,
                "'\(path)': \(free), and snapshots may come to twice state.memory_budget, "
                    + "\(memoryBudget >> 20) MiB", remedy: "make room, or lower state.memory_budget"
            )
        }
        return CheckResult(
            .ok, directorySubject,
            "'\(path)': \(facts.isThere == true ? "writable" : "will be made"), \(free)")
    }
}
