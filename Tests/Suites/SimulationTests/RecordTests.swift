import Foundation
import Primitives
import Simulation
import Testing

@Suite struct RecordTests {
    @Test(arguments: ["demo", "system-test", "bench"])
    func goodRecordsAreCanonicalEvents(_ preset: String) throws {
        var scenario = try Scenario.preset(named: preset, seed: 11)
        scenario.badRecords = .none
        let strings = [
            "id", "account", "organization", "api_key", "session", "access_path", "plan", "model",
            "operation",
        ]
        let numbers = [
            "time", "account_created", "status", "turn", "input_tokens", "output_tokens",
            "cached_tokens", "reasoning_tokens", "max_tokens", "latency_ms",
        ]
        for line in lines(of: scenario, 3000) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            #expect(strings.allSatisfy { (object[$0] as? String)?.isEmpty == false })
            #expect(numbers.allSatisfy { (object[$0] as? Int ?? -1) >= 0 })
            let fingerprints = try #require(object["fingerprints"] as? [String: String])
            #expect((5...16).contains(fingerprints.count))
            #expect(fingerprints.values.allSatisfy { (1...64).contains($0.utf8.count) })
            let signals = try #require(object["signals"] as? [String: Any])
            #expect(signals["reasoning_elicitation"] is Bool && signals["task"] is String)
            #expect(!line.contains(UInt8(ascii: "\n")))
        }
    }

    @Test func benchmarkEventsHaveFiveFingerprintsInAboutSixHundredBytes() throws {
        let lines = lines(of: .bench(events: 1000))
        #expect(lines.count == 1000)
        #expect(lines.allSatisfy { (600...720).contains($0.count) })
        let object = try JSONSerialization.jsonObject(with: Data(lines[0])) as? [String: Any]
        #expect((object?["fingerprints"] as? [String: String])?.count == 5)
    }

    @Test func plantedRecordsAreBadInTheirWay() throws {
        var scenario = try scenario("customers:accounts=100", hours: 1)
        scenario.badRecords = .each(10)
        let generator = Generator(scenario)
        var counts = BadRecords.none
        var buffer = ByteBuffer()
        try generator.forEach { (event) throws in
            guard let defect = event.defect else { return }
            counts[defect] += 1
            buffer.removeAll()
            event.writeJSON(into: &buffer)
            try check(defect, buffer.array(), at: event.recordTime)
        }
        #expect(counts == scenario.badRecords)
        #expect(generator.labels().badRecords == counts)
        #expect(counts[.oversized] == 1 && counts[.malformed] == 10)
    }

    @Test func systemTestPlantsAllItsBadRecordsBeforeItsLimit() {
        let generator = Generator(.systemTest())
        while generator.next() {}
        #expect(generator.generated == 2_000_000)
        #expect(generator.labels().badRecords == generator.scenario.badRecords)
        #expect(generator.labels().records == 2_000_000)
    }

    private func check(_ defect: Defect, _ bytes: [UInt8], at time: EventTime) throws {
        #expect(!bytes.contains(UInt8(ascii: "\n")))
        #expect((bytes.count > 5_000_000) == (defect == .oversized))
        #expect((String(validating: bytes, as: UTF8.self) == nil) == (defect == .invalidUTF8))
        guard defect != .deepNesting, defect != .invalidUTF8 else { return }
        let parsed = try? JSONSerialization.jsonObject(with: Data(bytes))
        #expect((parsed == nil) == (defect == .malformed))
        guard let object = parsed as? [String: Any], let ms = object["time"] as? Int64 else {
            return
        }
        let day: Int64 = 86_400_000
        switch defect {
        case .missingAccount: #expect(object["account"] == nil)
        case .wrongType: #expect(object["account"] is [Any])
        case .timeInPast: #expect((365 * day..<730 * day).contains(ms))
        case .timeInFuture: #expect(ms == 5_680_281_600_000)
        case .timeAhead: #expect(ms == time.ms + 3 * day)
        case .malformed, .oversized, .invalidUTF8, .deepNesting: break
        }
    }
}
