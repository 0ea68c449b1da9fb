import Broker
import Configuration
import Foundation
import TestSupport
import Testing
import YAML

@Suite("The table of topics")
struct TopicTableTests {
    @Test("the README's table has a line for each topic, with the name it has by default")
    func readme() throws {
        let readme = try String(
            contentsOf: Repository.root.appending(path: "README.md"), encoding: .utf8)
        let lines = readme.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let settings = try Settings.load().settings
        let names = Dictionary(uniqueKeysWithValues: settings.topics.map { ($0.key, $0.name) })
        for row in TopicRow.all {
            let name = names[row.key] ?? row.key
            #expect(
                lines.contains { $0.hasPrefix("| `\(name)`") && $0.contains(row.contents) },
                "\(row.key): \(row.contents)")
        }
    }

    @Test("a topic that is somebody else's is not created, and one name is created once")
    func ownTopics() throws {
        let overrides = ["shadow.topic", "alerts.topic"].map {
            Override(option: "--set", key: $0, value: "a")
        }
        let settings = try Settings.load(overrides: overrides).settings
        let names = TopicNames(settings.topics)
        #expect(names[.shadow] == "a" && names[.alerts] == "a")
        let own = settings.ownTopics
        #expect(
            own.map(\.key) == [
                "partials.topic", "alerts.topic", "dead_letters.topic", "state.topic",
                "evidence.topic", "members.topic", "verdicts.topic",
            ])
        #expect(own.filter(\.isFixed).map(\.partitions) == [16, 16, 1, 1])
    }

    @Test("verdicts need no topic, and one that is set to nothing is not read")
    func withoutVerdicts() throws {
        let usual = try Settings.load().settings.topics.first { $0.topic == .verdicts }
        #expect(usual?.name == "stillwatch.verdicts" && usual?.isOptional == true)
        let file = SourceText(name: "stillwatch.yaml", text: "verdicts: { topic: \"\" }\n")
        let topics = try Settings.load(file: file).settings.topics
        #expect(!topics.contains { $0.topic == .verdicts })
    }

    @Test("without campaigns there is neither evidence nor members")
    func withoutCampaigns() throws {
        let off = Override(option: "--set", key: "campaigns.alerts", value: "off")
        let topics = try Settings.load(overrides: [off]).settings.topics.map(\.key)
        #expect(!topics.contains("evidence.topic") && !topics.contains("members.topic"))
        #expect(topics.contains("alerts.topic"))
    }
}
