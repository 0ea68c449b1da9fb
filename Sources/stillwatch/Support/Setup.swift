import Broker
import Campaigns
import Configuration
import Delivery
import Detection
import Events
import Kafka
import Primitives
import Replay
import Telemetry
import Topology

/// From settings to what the modules take. The words of settings and modules are the same (a test says so);
/// the switches make the compiler find a case that is new on one side.
enum Setup {
    /// Where JSON events carry their fields: the preset, and the fields set one by one.
    private static func fieldMap(_ input: Settings.Input) throws(Failure) -> FieldMap {
        var map = FieldMap(input.preset)
        map.placeholders = input.placeholders
        map.ipList = input.ipList
        if input.bedrockAccount == .role { map.mergeRoleSessions() }
        if !input.records.isEmpty { map.records = input.records }
        if !input.embedded.isEmpty { map.embedded = input.embedded }
        if let minutes = input.zoneMinutes { map.zoneMinutes = minutes }
        for field in input.fields {
            do throws(DecoderConfigurationError) {
                try map.set(field.name, pointers: field.pointers, unit: field.unit ?? .canonical)
            } catch {
                throw Failure(.usage, "input.fields: \(error)")
            }
        }
        return map
    }

    private static func timing(_ window: Settings.Window) -> TopologyPlan.Timing {
        TopologyPlan.Timing(
            paneWidth: paneWidth(window), latenessMs: window.latenessMs,
            maxLatenessMs: window.maxLatenessMs, maxFutureSkewMs: window.maxFutureSkewMs)
    }

    /// The key's range is that of `PaneWidth`, so every setting is one.
    static func paneWidth(_ window: Settings.Window) -> PaneWidth {
        PaneWidth(ms: window.paneMs) ?? .standard
    }

    static func shards(_ settings: Settings) -> Int {
        settings.shards == 0 ? Machine.cores : settings.shards
    }

    static func memoryBudget(_ settings: Settings) -> Int {
        let budget = Int(settings.state.memoryBudgetBytes)
        return budget == 0 ? Machine.memoryBytes / 4 : budget
    }

    /// The pipeline of every command, with the rules that the settings name.
    static func pipeline(_ settings: Settings) throws(Failure) -> PipelineSettings {
        let rules = try RuleFiles(settings).compile(paneWidth: paneWidth(settings.window))
        return try pipeline(settings, rules)
    }

    /// The pipeline of every command, with `rules`.
    static func pipeline(
        _ settings: Settings, _ rules: RuleSet
    ) throws(Failure) -> PipelineSettings {
        var pipeline = PipelineSettings(rules: rules)
        pipeline.timing = timing(settings.window)
        pipeline.partitions = settings.partials.partitions
        pipeline.gateways = settings.gateways
        pipeline.derivesSubnets = settings.derive.contains { $0.kind == "subnet" }
        pipeline.application = UInt32(truncatingIfNeeded: xxh3(settings.group))
        pipeline.format = settings.input.format
        pipeline.fieldMap = try fieldMap(settings.input)
        pipeline.limits = DecoderLimits(maxBytes: Int(settings.input.maxRecordBytes))
        pipeline.sampleSize = settings.state.sampleSize
        pipeline.memoryBudget = memoryBudget(settings)
        return pipeline
    }

    /// The CAMPAIGN stage that the settings ask for; nil where there is none, or no rule would feed it.
    static func campaigns(_ settings: Settings, _ rules: RuleSet) -> CampaignPipeline? {
        guard settings.campaigns.alerts != .off, rules.hasCampaigns else { return nil }
        var campaigns = CampaignPipeline()
        campaigns.settings.windowMs = settings.campaigns.windowMs
        campaigns.settings.kinds = roles(settings)
        campaigns.evidence.isGrouped = settings.campaigns.alerts == .grouped
        let pane = settings.window.paneMs
        let tick = max(campaigns.settings.tickMs, pane)
        campaigns.settings.tickMs = (tick + pane - 1) / pane * pane
        campaigns.evidence.tickMs = campaigns.settings.tickMs
        return campaigns
    }

    /// What kinds may do in campaigns; those that are not named are context.
    static func roles(_ settings: Settings) -> [String: Role] {
        var roles = CampaignSettings.defaultKinds
        for pair in settings.campaigns.kinds {
            let prefix = "fingerprints."
            let kind =
                pair.name.hasPrefix(prefix) ? String(pair.name.dropFirst(prefix.count)) : pair.name
            roles[kind] = Role(rawValue: pair.value)
        }
        return roles
    }

    /// The topics that are used under `rules`: without campaigns, theirs are not needed.
    static func topics(_ settings: Settings, _ rules: RuleSet) -> [TopicSpec] {
        let hasCampaigns = campaigns(settings, rules) != nil
        return settings.topics.filter {
            hasCampaigns || $0.topic != .evidence && $0.topic != .members
        }
    }

    /// The librdkafka properties of every client.
    ///
    /// - Parameter stand: brokers where the settings have none, for checks that ask nobody.
    static func properties(
        _ settings: Settings, adding more: [Properties.Setting] = [], standIn stand: String = ""
    ) throws(Failure) -> Properties {
        let servers = settings.bootstrapServers.isEmpty ? stand : settings.bootstrapServers
        guard !servers.isEmpty else {
            throw Failure(.usage, "no brokers are given: --bootstrap-servers host:port")
        }
        let given = settings.kafka.map { Properties.Setting($0.name, $0.value) }
        let added = more.filter { item in !given.contains { $0.name == item.name } }
        do throws(BrokerError) {
            return try Properties(bootstrapServers: servers, settings: added + given)
        } catch {
            throw Failure(error)
        }
    }
}
