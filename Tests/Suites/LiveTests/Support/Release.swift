import Foundation
import Kafka
import Synchronization
import TestSupport
import Testing

/// Every test here, one after the other: they share brokers, and some take them down.
@Suite(.serialized, .enabled(if: KafkaCluster.isAvailable, "no Kafka")) struct LiveTests {}

/// The Kafka releases tests run on; one broker each, started on first use.
enum Release: String, CaseIterable, CustomTestStringConvertible {
    case current = "4.3"
    case previous = "3.9"

    var testDescription: String { rawValue }

    /// Timed-out transactions are ended, compacted topics cleaned, and a killed broker is missed within moments,
    /// not tens of seconds.
    private static let settings = [
        "transaction.abort.timed.out.transaction.cleanup.interval.ms=300",
        "log.cleaner.backoff.ms=200", "log.cleaner.min.cleanable.ratio=0.01",
        "broker.session.timeout.ms=6000", "broker.heartbeat.interval.ms=500",
        "group.min.session.timeout.ms=1000", "log.retention.check.interval.ms=1000",
    ]

    private static let brokers: [Release: Result<KafkaCluster, any Error>] = {
        let started = Mutex<[Release: Result<KafkaCluster, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: allCases.count) { index in
            let release = allCases[index]
            let result = Result {
                try KafkaCluster.start(
                    settings: settings, release: release == .current ? nil : release.rawValue)
            }
            started.withLock { $0[release] = result }
        }
        var brokers = started.withLock { $0 }
        // Without a launcher, the user's own brokers stand in for the current release.
        if case .failure = brokers[.current], let own = KafkaCluster.shared {
            brokers[.current] = .success(own)
        }
        return brokers
    }()

    /// The broker.
    func cluster() throws -> KafkaCluster { try #require(try Self.brokers[self]?.get()) }

    /// The releases that can be had here; says loudly which cannot.
    static let available: [Release] = allCases.filter { release in
        guard KafkaCluster.isAvailable else { return false }
        do {
            _ = try release.cluster()
            return true
        } catch {
            let text = "\n*** SKIPPED: tests of ports on Kafka \(release.rawValue): \(error)\n\n"
            FileHandle.standardError.write(Data(text.utf8))
            return false
        }
    }

    /// Those whose broker can be killed and frozen.
    static var mortal: [Release] {
        available.filter { (try? $0.cluster())?.directory != nil }
    }
}
