import Foundation
import TestSupport
import Testing

/// The built program against a real Apache Kafka, one test after the other, looked at from outside.
@Suite(
    "System", .serialized, .enabled(if: KafkaCluster.isAvailable && Kcat.isAvailable),
    .timeLimit(.minutes(10)))
enum SystemTests {
    /// Looks again and again until `condition` holds; false when that took longer than `seconds`.
    static func eventually(
        within seconds: Double, _ condition: () throws -> Bool
    ) rethrows -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            guard ContinuousClock.now < end else { return false }
            // Not a wait for something to have happened: it leaves the processor to the program.
            Thread.sleep(forTimeInterval: 0.02)
        }
        return true
    }

    /// Says on standard error what is not being tested, and why.
    static func shout(_ text: String) {
        FileHandle.standardError.write(Data("\n*** \(text)\n\n".utf8))
    }
}
