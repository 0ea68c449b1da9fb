import Detection
import Primitives

/// What other rules change about findings: episodes before and after, paired by rule and entity.
///
/// An episode's partner is the first one not yet taken that overlaps it in time, from when it opened to when it closed.
/// A campaign's is the one that overlaps it and shares most members with it: other rules may give the same campaign
/// another birth, and so another name.
public struct EpisodeDiff: Sendable {
    /// How an episode differs from its partner.
    public enum Change: String, CaseIterable, Sendable {
        /// Only the new rules have it.
        case added
        /// Only the old rules have it.
        case removed
        /// It opens earlier.
        case earlier
        /// It opens later.
        case later
        /// Its severity is another.
        case severity
    }

    /// One pair; one side may be missing.
    public struct Pair: Sendable, Equatable {
        /// With the old rules.
        public var before: Episode?
        /// With the new rules.
        public var after: Episode?

        /// How they differ; empty where nothing a reader would see does.
        public var changes: [Change] {
            guard let before else { return [.added] }
            guard let after else { return [.removed] }
            var changes: [Change] = []
            if after.opened < before.opened { changes.append(.earlier) }
            if after.opened > before.opened { changes.append(.later) }
            if after.severity != before.severity { changes.append(.severity) }
            return changes
        }

        /// The rule.
        public var rule: String { after?.rule ?? before?.rule ?? "" }
        /// What it is on.
        public var entity: String { after?.entity ?? before?.entity ?? "" }
        /// When the first of both opens.
        public var opened: EventTime {
            min(before?.opened ?? EventTime(ms: .max), after?.opened ?? EventTime(ms: .max))
        }
    }

    /// Numbers of one rule, or of all.
    public struct Counts: Sendable, Equatable {
        /// Episodes before.
        public var before = 0
        /// Episodes after.
        public var after = 0
        /// Episodes by change; one that opens later with another severity counts under both.
        public var changes: [Change: Int] = [:]

        /// Counts a pair: with `rule` the sides that are that rule's, and changes where the pair is.
        mutating func add(_ pair: Pair, in range: JudgedRange?, of rule: String? = nil) {
            func counts(_ side: Episode?) -> Bool {
                EpisodeDiff.opens(side, in: range) && (rule == nil || side?.rule == rule)
            }
            before += counts(pair.before) ? 1 : 0
            after += counts(pair.after) ? 1 : 0
            guard rule == nil || pair.rule == rule else { return }
            for change in pair.changes { changes[change, default: 0] += 1 }
        }
    }

    /// All pairs, by time, rule and entity.
    public let pairs: [Pair]
    /// Numbers of all rules together.
    public private(set) var total = Counts()
    /// Numbers by rule.
    public private(set) var byRule: [String: Counts] = [:]

    /// Pairs episodes; both lists are by time. With a range only those pairs are kept of which one side opens in it,
    /// and only such sides are counted.
    public init(before: [Episode], after: [Episode], in range: JudgedRange? = nil) {
        struct Key: Hashable { var rule: String, entity: String }
        var waiting: [Key: [Episode]] = [:]
        var campaigns = CampaignPairs(before)
        for episode in before where episode.joined.isEmpty {
            waiting[Key(rule: episode.rule, entity: episode.entity), default: []].append(episode)
        }
        var pairs: [Pair] = []
        for episode in after {
            guard episode.joined.isEmpty else {
                pairs.append(Pair(before: campaigns.take(episode), after: episode))
                continue
            }
            let key = Key(rule: episode.rule, entity: episode.entity)
            let partner = waiting[key]?.firstIndex { Self.overlap($0, episode) }
            let taken = partner.flatMap { waiting[key]?.remove(at: $0) }
            pairs.append(Pair(before: taken, after: episode))
        }
        for episode in Array(waiting.values.joined()) + campaigns.rest {
            pairs.append(Pair(before: episode, after: nil))
        }
        self.pairs = pairs.filter { pair in
            Self.opens(pair.before, in: range) || Self.opens(pair.after, in: range)
        }.sorted {
            ($0.opened, $0.rule, $0.entity) < ($1.opened, $1.rule, $1.entity)
        }
        for pair in self.pairs {
            total.add(pair, in: range)
            // What a campaign is called may be another rule's under the other rules.
            for rule in Set([pair.before?.rule, pair.after?.rule].compactMap(\.self)) {
                byRule[rule, default: Counts()].add(pair, in: range, of: rule)
            }
        }
    }

    private static func opens(_ episode: Episode?, in range: JudgedRange?) -> Bool {
        episode.map { range?.contains($0.opened) ?? true } ?? false
    }

    fileprivate static func overlap(_ a: Episode, _ b: Episode) -> Bool {
        let never = EventTime(ms: .max)
        return a.opened <= (b.closed ?? never) && b.opened <= (a.closed ?? never)
    }
}

/// The campaigns of one side, and which of them are taken.
private struct CampaignPairs {
    private var campaigns: [Episode?]
    /// The campaigns of each account, by their place.
    private var places: [String: [Int]] = [:]

    init(_ episodes: [Episode]) {
        campaigns = episodes.filter { !$0.joined.isEmpty }
        for (place, campaign) in campaigns.enumerated() {
            for account in campaign?.accounts ?? [] { places[account, default: []].append(place) }
        }
    }

    /// Those that were not taken.
    var rest: [Episode] { campaigns.compactMap(\.self) }

    /// Takes the one that shares most members with `campaign`, of several the first; nil where none shares any.
    mutating func take(_ campaign: Episode) -> Episode? {
        var shared: [Int: Int] = [:]
        for account in campaign.accounts {
            for place in places[account] ?? [] { shared[place, default: 0] += 1 }
        }
        let candidates = shared.filter { place, _ in
            campaigns[place].map { EpisodeDiff.overlap($0, campaign) } ?? false
        }
        let best = candidates.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return best.flatMap { campaigns[$0.key].take() }
    }
}
