import Synchronization

/// Where shards leave their numbers and readers find the sum.
///
/// A shard publishes its running totals once per batch under its own index; a reader sees whole batches.
public final class MetricRegistry: Sendable {
    private let shards: Mutex<[Counters]>

    /// A registry for so many shards.
    public init(shards: Int) {
        precondition(shards > 0, "at least one shard")
        self.shards = Mutex(Array(repeating: Counters(), count: shards))
    }

    /// Replaces what `shard` published before.
    public func publish(_ counters: Counters, shard: Int) {
        shards.withLock { $0[shard] = counters }
    }

    /// The sum over shards.
    public func total() -> Counters {
        shards.withLock { shards in
            var sum = Counters()
            for counters in shards { sum.add(counters) }
            return sum
        }
    }

    /// One log line with every number that is not zero, under the metric's name.
    public func log(to logger: Logger) {
        let sum = total()
        var fields: Logger.Metadata = [:]
        for metric in Metric.allCases where sum[metric] != 0 {
            fields[metric.name] = .integer(sum[metric])
        }
        logger.info("statistics", metadata: fields)
    }
}
