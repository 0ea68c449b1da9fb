import Configuration
import Foundation
import TestSupport
import Testing

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
        #expect(settings.topicNames[.shadow] == "a" && settings.topicNames[.alerts] == "a")
        let own = settings.ownTopics
        #expect(
            own.map(\.key) == [
                "partials.topic", "alerts.topic", "dead_letters.topic", "state.topic",
            ])
        #expect(own.filter(\.isFixed).allSatisfy { $0.partitions == settings.partials.partitions })
    }
}
