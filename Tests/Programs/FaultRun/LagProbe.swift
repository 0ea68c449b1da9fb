import Broker
import Foundation
import Kafka

/// How far the group is behind, seen from outside.
final class LagProbe {
    private let consumer: Consumer
    private let partitions: [TopicPartition]
    private let rate: Int
    /// Records of the shuffle a second, as far as they were seen.
    private var lastEnds: (at: Double, shuffle: Int64)?
    private var shuffleRate = 1.0

    init(_ scene: Scene, rate: Int) throws {
        consumer = try Consumer(
            properties: Properties(bootstrapServers: scene.servers),
            role: .consumer(group: scene.group, instanceID: nil),
            topics: [scene.input, "stillwatch.partials"])
        partitions =
            (0..<Scene.inputPartitions).map { TopicPartition(0, Int32($0)) }
            + (0..<Scene.shufflePartitions).map { TopicPartition(1, Int32($0)) }
        self.rate = rate
    }

    /// Where the input ends; nil where the brokers do not tell.
    func inputEnds() -> [TopicPartition: Int64]? {
        let input = partitions.filter { $0.topic == 0 }
        return try? consumer.watermarks(input, timeoutMs: 3_000).mapValues(\.high)
    }

    /// Records not committed yet, of the input and of the shuffle, and whether `marks` have been passed.
    func lag(
        passing marks: [TopicPartition: Int64] = [:]
    ) throws -> (input: Int64, shuffle: Int64, isPast: Bool) {
        let committed = try consumer.committed(partitions, timeoutMs: 3_000)
        let ends = try consumer.watermarks(partitions, timeoutMs: 3_000)
        var lag: [Int64] = [0, 0]
        var shuffleEnd: Int64 = 0
        var isPast = true
        for entry in committed {
            let offset = entry.offset ?? -1
            if let mark = marks[entry.partition], offset < mark { isPast = false }
            let marks = ends[entry.partition]
            let end = marks?.high ?? 0
            if entry.partition.topic == 1 { shuffleEnd += end }
            lag[Int(entry.partition.topic.number)] += max(0, end - max(offset, marks?.low ?? 0))
        }
        note(shuffleEnd)
        return (lag[0], lag[1], isPast)
    }

    private func note(_ shuffle: Int64) {
        let at = now()
        if let last = lastEnds, at - last.at >= 1 {
            let rate = Double(shuffle - last.shuffle) / (at - last.at)
            shuffleRate = max(1, 0.8 * shuffleRate + 0.2 * rate)
            lastEnds = (at, shuffle)
        } else if lastEnds == nil {
            lastEnds = (at, shuffle)
        }
    }

    /// Whether `marks` have been passed and less than a second's work is left; false where the brokers do not
    /// tell.
    func isUnderOneSecond(passing marks: [TopicPartition: Int64]) -> Bool {
        guard let lag = try? lag(passing: marks), lag.isPast else { return false }
        return Double(lag.input) < Double(rate) && Double(lag.shuffle) < max(shuffleRate, 60)
    }

    /// Waits until nothing is left.
    func waitForZero(within seconds: Double, _ turn: () throws -> Void) throws {
        let deadline = now() + seconds
        var last: (input: Int64, shuffle: Int64, isPast: Bool)?
        while now() < deadline {
            try turn()
            last = try? lag()
            if let last, last.input == 0, last.shuffle < Int64(2 * Scene.shufflePartitions) {
                return
            }
            usleep(100_000)
        }
        throw Problem("the lag does not reach zero: \(String(describing: last))")
    }
}
