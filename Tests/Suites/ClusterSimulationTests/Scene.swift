import Broker
import ClusterSimulation
import Delivery
import Primitives
import Testing

/// A small world with topics, and short ways to do in a test what an engine does step by step.
final class Scene {
    let world: World

    init(seed: UInt64 = 1, partitions: Int = 2, settings: ClusterSettings = Scene.calm) {
        world = World(seed: seed, settings: settings)
        cluster.createTopic(.input, partitions: partitions)
        cluster.createTopic(.partials, partitions: partitions)
        cluster.createTopic(.alerts, partitions: partitions)
        cluster.createTopic(.state, partitions: partitions, isCompacted: true)
    }

    /// Kafka's defaults, but an empty group does not wait for more members.
    static var calm: ClusterSettings {
        var settings = ClusterSettings()
        settings.initialRebalanceDelayMs = 100
        return settings
    }

    var cluster: Cluster { world.cluster }

    /// A producer that is started.
    func producer(
        _ process: SimProcess, _ id: String, settings: ClientSettings = ClientSettings()
    ) throws -> SimProducer {
        let producer = SimProducer(
            process, mode: .exactlyOnce(transactionalID: id), settings: settings)
        producer.start()
        try expectDone(producer)
        return producer
    }

    /// The outcome of the step under way.
    func outcome(_ producer: SimProducer, withinMs: Int64 = 30_000) throws -> StepOutcome {
        var outcome: StepOutcome?
        let ended = world.run(untilMs: withinMs) {
            outcome = outcome ?? producer.poll()
            return outcome != nil
        }
        try #require(ended, "the step never ended\n\(world.trace.lines.suffix(30))")
        return try #require(outcome)
    }

    func expectDone(_ producer: SimProducer) throws {
        switch try outcome(producer) {
        case .done: break
        case let other: Issue.record("not done: \(other)")
        }
    }

    /// The error of the step under way.
    func failure(_ producer: SimProducer) throws -> BrokerError {
        guard case .failed(let error) = try outcome(producer) else {
            throw Surprise("the step succeeded")
        }
        return error
    }

    /// Begins a transaction and delivers texts to a partition.
    func begin(
        _ producer: SimProducer, _ texts: [String], to partition: TopicPartition = .alerts0
    ) throws {
        if let error = producer.begin() { throw Surprise(error.description) }
        for text in texts { producer.produce(text, to: partition) }
        producer.flush()
        try expectDone(producer)
    }

    func commit(_ producer: SimProducer) throws {
        producer.commit()
        try expectDone(producer)
    }

    /// Waits until no transaction is open, then reads what readers of committed records see.
    func committed(_ topic: Topic = .alerts) throws -> [String] {
        let isQuiet = world.run(untilMs: 60_000) { self.cluster.transactions.openCount == 0 }
        try #require(isQuiet, "a transaction stays open")
        return cluster.committedView(of: topic).map(\.text)
    }

    /// A consumer that answers every event at once, and notes them.
    func consumer(
        _ process: SimProcess, instance: String?, settings: ClientSettings = ClientSettings()
    ) -> Consumer {
        Consumer(process, instance: instance, settings: settings)
    }

    /// Runs until the group is stable with so many members.
    func settle(members: Int, withinMs: Int64 = 120_000) throws {
        let isStable = world.run(untilMs: withinMs) {
            let view = self.cluster.group.view
            return view.state == .stable && view.members.count == members
        }
        try #require(isStable, "the group does not settle: \(cluster.group.view)")
        // Everybody hears of it.
        world.run(forMs: 200)
    }
}

/// What a test did not expect.
struct Surprise: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension TopicPartition {
    static let alerts0 = TopicPartition(.alerts, 0)
    static let alerts1 = TopicPartition(.alerts, 1)
    static let input0 = TopicPartition(.input, 0)
    static let input1 = TopicPartition(.input, 1)
}

extension CommittedRecord {
    var text: String { value.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
}

extension SimProducer {
    func produce(_ text: String, to partition: TopicPartition, key: String? = nil) {
        Array(text.utf8).withUnsafeBytes { value in
            guard let key else { return produce(to: partition, value: value) }
            Array(key.utf8).withUnsafeBytes { produce(to: partition, key: $0, value: value) }
        }
    }
}

extension Entry {
    var text: String { valueBytes.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
}
