import Foundation
import Testing

/// A finding as a consumer of the alerts topic reads it.
struct Finding {
    var uid: String
    var status: String
    var rule: String
    var entity: String
    var timeMs: Int64
    /// The record's number within its episode; nil in the flat shape, which has none.
    var sequence: Int?
    /// The accounts that a campaign names, as entities; nil for what is no campaign.
    var accounts: [String]?

    /// Reads an OCSF finding.
    init(ocsf record: KcatRecord) throws {
        let parsed = try JSONSerialization.jsonObject(with: record.value)
        let object = try #require(parsed as? [String: Any])
        let metadata = try #require(object["metadata"] as? [String: Any])
        let unmapped = try #require(object["unmapped"] as? [String: Any])
        let own = try #require(unmapped["stillwatch"] as? [String: Any])
        uid = try #require(metadata["correlation_uid"] as? String)
        sequence = try #require(metadata["sequence"] as? Int)
        status = try #require(own["status"] as? String)
        rule = try #require(own["rule"] as? String)
        entity = try #require(own["entity"] as? String)
        timeMs = try #require(object["time"] as? Int64)
        guard entity.hasPrefix("campaign:") else { return }
        let evidences = try #require(object["evidences"] as? [[String: Any]])
        let data = try #require(evidences.first?["data"] as? [String: Any])
        let features = try #require(data["features"] as? [String: Any])
        let busiest = try #require(features["top(account, 10)"] as? [[String: Any]])
        accounts = busiest.compactMap { $0["value"] as? String }.map { "account:\($0)" }
    }

    /// Reads a flat finding.
    init(flat record: KcatRecord) throws {
        let parsed = try JSONSerialization.jsonObject(with: record.value)
        let object = try #require(parsed as? [String: Any])
        uid = try #require(object["uid"] as? String)
        status = try #require(object["status"] as? String)
        rule = try #require(object["rule"] as? String)
        entity = try #require(object["entity"] as? String)
        timeMs = try #require(object["time"] as? Int64)
    }

    /// What tells one record from another in both shapes.
    var identity: String { "\(uid) \(status) \(rule) \(entity) \(timeMs)" }
}
