import Detection
import Foundation
import TestSupport
import Testing

@Suite("Reference of the rule language")
struct RuleReferenceTests {
    @Test("The article's table of features is the one the compiler uses")
    func features() throws {
        let article = "Sources/Detection/Detection.docc/RuleLanguage.md"
        let text = try String(
            contentsOf: Repository.root.appendingPathComponent(article), encoding: .utf8)
        #expect(text.contains("\n\n\(FeatureReference.markdown())\n"))
        #expect(text.contains("\n\n\(FeatureReference.campaignMarkdown())\n"))
    }
}
