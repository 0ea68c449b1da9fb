import Detection
import Foundation
import Testing

@Suite("Older versions of OCSF")
struct OCSFVersionTests {
    private func object(_ version: OCSFVersion, _ finding: Finding) throws -> [String: Any] {
        let encoder = FindingEncoder(
            format: .ocsf, productVersion: "0.1.0", ocsfVersion: version)
        let data = Data(OutputSamples.text(finding, encoder).utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// What is under `unmapped`, apart from our own words, put where the newest version has it.
    private func merged(_ base: Any, _ more: Any) -> Any {
        if let base = base as? [String: Any], let more = more as? [String: Any] {
            return base.merging(more) { merged($0, $1) }
        }
        if let base = base as? [Any], let more = more as? [Any], base.count == more.count {
            return zip(base, more).map { merged($0, $1) }
        }
        return more
    }

    @Test("nothing is lost: with what is under unmapped a 1.3.0 finding is the 1.8.0 one")
    func nothingLost() throws {
        for finding in OutputSamples.all() {
            let newest = try object(.v18, finding)
            var older = try object(.v13, finding)
            var unmapped = try #require(older["unmapped"] as? [String: Any])
            let own = unmapped.removeValue(forKey: "stillwatch")
            older["unmapped"] = ["stillwatch": own]
            var whole = try #require(merged(older, unmapped) as? [String: Any])
            var metadata = try #require(whole["metadata"] as? [String: Any])
            #expect(metadata["version"] as? String == "1.3.0")
            metadata["version"] = "1.8.0"
            whole["metadata"] = metadata
            // Types of observables are coarser, and those without a place name their own data.
            whole["observables"] = newest["observables"]
            #expect(
                NSDictionary(dictionary: whole) == NSDictionary(dictionary: newest),
                "\(finding.entity)")
        }
    }

    @Test("1.1.0 has accounts as actors, and devices under unmapped")
    func oldest() throws {
        let account = try object(.v11, OutputSamples.finding(kind: "account"))
        let evidence = try #require((account["evidences"] as? [[String: Any]])?.first)
        #expect(evidence["user"] == nil && evidence["name"] == nil)
        let actor = try #require(evidence["actor"] as? [String: [String: String]])
        #expect(actor["user"]?["uid"] == "p1")
        let observable = try #require((account["observables"] as? [[String: Any]])?.first)
        #expect(observable["name"] as? String == "evidences[].actor.user.uid")
        #expect(observable["type_id"] as? Int == 99 && observable["type"] as? String == "account")
        let device = try object(.v11, OutputSamples.finding(kind: "device"))
        let unmapped = try #require(device["unmapped"] as? [String: Any])
        let lacking = try #require((unmapped["evidences"] as? [[String: Any]])?.first)
        #expect((lacking["device"] as? [String: Any])?["uid"] as? String == "p1")
        #expect(unmapped["is_alert"] as? Bool == true && device["is_alert"] == nil)
    }

    @Test("headers name the schema of the version")
    func headers() {
        for version in OCSFVersion.allCases {
            let encoder = FindingEncoder(
                format: .ocsf, productVersion: "0.1.0", ocsfVersion: version)
            let schema = encoder.headers(of: OutputSamples.finding())
                .first { $0.name == "ce_dataschema" }
            #expect(
                schema?.value
                    == "https://schema.ocsf.io/\(version.rawValue)/classes/detection_finding")
        }
    }
}
