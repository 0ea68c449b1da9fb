import Foundation
import Testing

extension SystemTests {
    @Suite("Real input", .serialized)
    struct RealInputTests {
        @Test(
            "two million events over Kafka give the findings of backtest, valid and on the farms alone"
        )
        func realInput() throws {
            let input = try RealInput.shared.get()
            let site = try Site("ocsf", input: input.site.input)
            defer { site.removeOutputs() }
            try site.createTopics()
            let run = try site.runToEnd()
            let log = try #require(run.log("stopped"))
            #expect(input.records == 2_000_000)
            #expect(log["consumed"] == input.records)
            #expect(log["processed"] + log["dead_letters"] == input.records)
            #expect(log["late"] == 0)
            #expect(try site.committed() == input.site.inputWatermarks().map(\.high))
            let records = try site.records(of: site.alerts)
            #expect(records.count == log["findings"])
            try expectRight(records, input.truth, site)
            #expect(
                records.map(\.text).sorted()
                    == (try RealInput.backtestFindings().sorted()))
            try SchemaCheck.expectValid(records.map(\.text), format: "ocsf")
            try expectDeadLetters(site, input)
            try flatFindingsAreTheSame(records, site, input)
        }

        /// Findings on every farm and on nothing else, each record as the CloudEvents binding wants it.
        private func expectRight(_ records: [KcatRecord], _ truth: Truth, _ site: Site) throws {
            #expect(truth.farms.count == 2)
            let findings = try records.map { try Finding(ocsf: $0) }
            var found: Set<String> = []
            for finding in findings where finding.status == "create" {
                for entity in finding.accounts ?? [finding.entity] {
                    let population = truth.population(of: entity, at: finding.timeMs)
                    if let population { found.insert(population) }
                    #expect(
                        population.map(truth.farms.contains) ?? false,
                        "\(finding.rule) on \(entity) of \(population ?? "ordinary traffic")")
                }
            }
            #expect(found == truth.farms)
            #expect(Set(records.map { $0.headers["ce_id"] }).count == records.count)
            for (record, finding) in zip(records, findings) { expectHeaders(record, finding, site) }
        }

        private func expectHeaders(_ record: KcatRecord, _ finding: Finding, _ site: Site) {
            #expect(record.key == finding.uid)
            #expect(record.timestampMs == finding.timeMs)
            let headers = record.headers
            #expect(headers["content-type"] == "application/json")
            #expect(headers["ce_specversion"] == "1.0")
            #expect(headers["ce_id"] == "\(finding.uid)-\(finding.sequence ?? -1)")
            #expect(headers["ce_source"] == "/stillwatch/\(site.group)")
            #expect(headers["ce_type"] == "stillwatch.finding.\(finding.status)")
            #expect(headers["ce_subject"] == finding.entity)
            #expect(headers["ce_dataschema"]?.contains("detection_finding") == true)
            let format = ISO8601DateFormatter()
            format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let time = headers["ce_time"].flatMap(format.date(from:))
            #expect(
                time.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) } == finding.timeMs)
        }

        /// As many by reason as were planted, each with the bytes of the record it names.
        private func expectDeadLetters(_ site: Site, _ input: RealInput) throws {
            let letters = try site.records(of: site.deadLetters)
            var reasons: [String: Int] = [:]
            var origins: Set<String> = []
            for letter in letters {
                reasons[letter.headers["stillwatch_reason"] ?? "", default: 0] += 1
                let partition = try #require(
                    letter.headers["stillwatch_partition"].flatMap { Int($0) })
                let offset = try #require(letter.headers["stillwatch_offset"])
                origins.insert("\(partition) \(offset)")
                #expect(letter.headers["stillwatch_topic"] == site.input)
                let original = try #require(
                    Kcat.read(
                        site.input, partition: partition, from: offset, count: 1, at: site.servers
                    ).first)
                #expect(letter.value == original.value.prefix(65_536))
                #expect(letter.headers["stillwatch_size"] == String(original.value.count))
            }
            #expect(reasons == input.truth.deadLetters)
            #expect(origins.count == letters.count)
        }

        /// A second group on the same topics of blocks: the other shape, the same findings.
        private func flatFindingsAreTheSame(
            _ records: [KcatRecord], _ first: Site, _ input: RealInput
        ) throws {
            let site = try Site("flat", input: input.site.input)
            defer { site.removeOutputs() }
            try site.createTopics()
            let run = try site.runToEnd([
                "--format", "flat", "--shards", "3", "--set", "partials.topic=\(first.partials)",
            ])
            let log = try #require(run.log("stopped"))
            #expect(log["consumed"] == input.records)
            #expect(log["foreign_blocks"] > 0, "the other group's blocks are left aside")
            let flat = try site.records(of: site.alerts)
            try SchemaCheck.expectValid(flat.map(\.text), format: "flat")
            let expected = try records.map { try Finding(ocsf: $0).identity }.sorted()
            let found = try flat.map { try Finding(flat: $0) }
            #expect(Set(found.map(\.uid)).count > 1)
            #expect(zip(flat, found).allSatisfy { $0.key == $1.uid && $0.timestampMs == $1.timeMs })
            // Another group is another application, whose findings have the same ids.
            #expect(found.map(\.identity).sorted() == expected)
        }
    }
}
