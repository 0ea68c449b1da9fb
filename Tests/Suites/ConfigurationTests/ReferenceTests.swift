import Configuration
import Testing
import YAML

@Suite("Reference")
struct ReferenceTests {
    @Test("every key has a name, a type, an effect and an environment name of its own")
    func complete() {
        #expect(Set(Key.all.map(\.name)).count == Key.all.count)
        #expect(Set(Key.all.map(\.environmentName)).count == Key.all.count)
        for key in Key.all {
            #expect(!key.type.isEmpty && key.effect.hasSuffix("."), "\(key.name)")
            #expect(!key.example.isEmpty, "\(key.name)")
            #expect(key.example != key.defaultValue, "\(key.name)")
        }
    }

    @Test("the example of every key is a valid configuration that changes something")
    func examples() throws {
        for key in Key.all {
            let needed = key.name == "input.bedrock_account" ? "input.preset: bedrock\n" : ""
            let plain = try Settings.load(file: SourceText(name: "", text: needed)).settings
            let text = needed + "\(key.name): \(key.example)\n"
            let file = SourceText(name: key.name, text: text)
            #expect(try Settings.load(file: file).settings != plain, "\(key.name)")
        }
    }

    @Test("the text has every key with its default, its variable and its option")
    func text() {
        let text = Reference.markdown()
        for key in Key.all {
            #expect(text.contains("\n## `\(key.name)`\n"))
            #expect(text.contains("- Environment: `\(key.environmentName)`\n"))
        }
        #expect(text.contains("- Option: `--bootstrap-servers`"))
        #expect(text.contains("- Option: `-X`"))
        #expect(text == Reference.markdown())
    }
}
