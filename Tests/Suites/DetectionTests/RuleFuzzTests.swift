import Detection
import Primitives
import Testing
import YAML

@Suite("Rules under mutation")
struct RuleFuzzTests {
    /// `bytes` with up to eight small injuries.
    private func mutated(_ bytes: [UInt8], _ random: inout UInt64) -> [UInt8] {
        func pick(_ bound: Int) -> Int {
            random &+= 1
            return Int(mix(random) % UInt64(max(1, bound)))
        }
        let spice = Array("{}[]()\"'\\|>&*!%#:,-?\n\t \u{7F}09azé<=".utf8) + [0, 0xFF, 0xC2]
        var bytes = bytes
        for _ in 0...pick(8) where !bytes.isEmpty {
            let at = pick(bytes.count)
            switch pick(6) {
            case 0: bytes[at] = spice[pick(spice.count)]
            case 1: bytes.insert(spice[pick(spice.count)], at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes.removeSubrange(at..<min(bytes.count, at + pick(40)))
            case 4:
                bytes.insert(
                    contentsOf: bytes[at..<min(bytes.count, at + pick(60))], at: pick(bytes.count))
            default: bytes[at] = UInt8(truncatingIfNeeded: pick(256))
            }
        }
        return bytes
    }

    @Test("Damaged rule files are refused or understood, never a crash")
    func rules() {
        let seed: UInt64 = 0xF022
        print("seed \(seed)")
        var random = seed
        let texts = [DesignExample.text] + StarterRules.files.map(\.text)
        var refused = 0
        for round in 0..<2000 {
            let bytes = mutated(Array(texts[round % texts.count].utf8), &random)
            let diagnostics = Diagnostics()
            var loader = RuleLoader(diagnostics: diagnostics)
            loader.load(SourceText(name: "fuzz.yaml", bytes: bytes))
            _ = diagnostics.text
            if diagnostics.hasErrors { refused += 1 }
            _ = try? RuleSet(loader.rules)
        }
        #expect(refused > 500)
    }

    @Test("Damaged conditions are refused with a place inside them, never a crash")
    func conditions() {
        let seed: UInt64 = 0xF023
        print("seed \(seed)")
        var random = seed
        for round in 0..<3000 {
            var maker = ExpressionMaker(state: seed &+ UInt64(round) << 16)
            let bytes = mutated(Array(maker.flag(depth: 3).text.utf8), &random)
            let text = RuleText.rule(when: "PLACEHOLDER")
            let parts = text.split(separator: "PLACEHOLDER", maxSplits: 1).map { Array($0.utf8) }
            let diagnostics = Diagnostics()
            var loader = RuleLoader(diagnostics: diagnostics)
            loader.load(
                SourceText(
                    name: "fuzz.yaml", bytes: parts[0] + Array("|\n  ".utf8) + bytes + parts[1]))
            _ = diagnostics.text
        }
    }

    @Test("Deep and long expressions are refused before they use up the stack")
    func deep() {
        let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
        let long = Array(repeating: "accounts(1h)", count: 1000).joined(separator: " + ")
        let nots = String(repeating: "!", count: 5000) + "true"
        let cases = [
            (deep, "nested deeper than 64 levels"), (long + " > 1", "more than 500 operators"),
            (nots, "nested deeper than 64 levels"), (long + long, "longer than 16384 bytes"),
        ]
        for (condition, message) in cases {
            let (_, diagnostics) = RuleText.load(RuleText.rule(when: "|\n  " + condition))
            #expect(diagnostics.errors.map(\.message) == [message])
        }
    }
}
