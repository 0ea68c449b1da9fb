import Configuration
import Foundation
import TestSupport
import Testing
import YAML

@Suite("deploy/stillwatch.yaml")
struct DeployTests {
    /// The file with one `#` taken off every line.
    private static let text: String? = {
        let root = Repository.root
        let file = root.appendingPathComponent("deploy/stillwatch.yaml")
        return try? String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("#") ? $0.dropFirst() : $0 }
            .joined(separator: "\n")
    }()

    @Test("shows every key at its default")
    func defaults() throws {
        let text = try #require(Self.text)
        let settings = try Settings.load(file: SourceText(name: "stillwatch.yaml", text: text))
            .settings
        // The brokers have no default: the file's are an example.
        let brokers = SourceText(
            name: "brokers", text: "bootstrap_servers: \"\(settings.bootstrapServers)\"")
        #expect(try settings == Settings.load(file: brokers).settings)
        for key in Key.all {
            let word = key.name.split(separator: ".").last ?? ""
            let lines = text.split(separator: "\n")
            #expect(
                lines.contains { $0.drop { $0 == " " }.hasPrefix("\(word):") }, "\(key.name)")
        }
    }
}
