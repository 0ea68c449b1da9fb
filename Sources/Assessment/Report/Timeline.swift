import Detection
import Primitives
import Topology

/// A piece of evidence of one entity over time, with the number its rule compares it with.
public struct Timeline: Sendable {
    /// One value.
    public struct Point: Sendable, Equatable {
        /// When.
        public var time: EventTime
        /// The value; what is undefined is left out.
        public var value: Double
    }

    /// The rule's id.
    public let rule: String
    /// What it is on, as `kind:value`.
    public let entity: String
    /// What it is compared with.
    public let threshold: Rule.Threshold
    /// The values, by time.
    public let points: [Point]

    /// Entities that are shown, and pieces of evidence of each.
    private static let entities = 4, pieces = 2
    /// Samples of a second reading.
    static let samples: Int64 = 240

    /// The timelines of the entities that matter most: confirmed before others, then the most severe, then those with the
    /// most findings, then the earliest.
    ///
    /// - Parameters:
    ///   - findings: in canonical order.
    ///   - episodes: those that were open in the range.
    static func top(
        _ findings: [Finding], _ episodes: [Episode], attributions judge: Judge?,
        _ rules: [ReportedRule]
    ) -> [Timeline] {
        chosen(episodes, judge).flatMap { episode -> [Timeline] in
            let own = findings.filter { $0.uid == episode.uid }
            return timelines(episode, rules, own.map { ($0.time, $0.evidence) })
        }
    }

    /// The timelines of the same entities, from samples of a second reading.
    static func top(
        _ samples: [ProbeSample], _ episodes: [Episode], _ rules: [ReportedRule]
    ) -> [Timeline] {
        episodes.enumerated().flatMap { index, episode in
            timelines(
                episode, rules,
                samples.filter { $0.probe == index }.map { ($0.time, $0.evidence) })
        }
    }

    private static func timelines(
        _ episode: Episode, _ rules: [ReportedRule],
        _ moments: [(time: EventTime, evidence: [(name: String, value: EvidenceValue)])]
    ) -> [Timeline] {
        let thresholds = rules.first { $0.info.id == episode.rule }?.thresholds ?? []
        return thresholds.prefix(pieces).compactMap { threshold in
            let points = moments.compactMap { moment -> Point? in
                let piece = moment.evidence.first { $0.name == threshold.evidence }
                guard case .number(let value)? = piece?.value else { return nil }
                return Point(time: moment.time, value: value)
            }
            guard points.count > 1 else { return nil }
            return Timeline(
                rule: episode.rule, entity: episode.entity, threshold: threshold, points: points)
        }
    }

    /// The episodes that matter most, each of another entity; campaigns have no evidence that is sampled.
    static func chosen(_ episodes: [Episode], _ judge: Judge?) -> [Episode] {
        let ranked = episodes.filter { !$0.isCampaign }.map { episode in
            (episode, judge?.scorer.attribution(of: episode).verdict == .confirmed)
        }.sorted { a, b in
            let (first, second) = (a.0, b.0)
            if a.1 != b.1 { return a.1 }
            return (second.severity, second.updates, first.opened, first.uid)
                < (first.severity, first.updates, second.opened, second.uid)
        }
        var taken: Set<String> = []
        return Array(
            ranked.map(\.0).filter { taken.insert($0.entity).inserted }.prefix(entities))
    }
}
