import Configuration
import Delivery
import Detection
import Events
import Telemetry
import Testing
import YAML

@Suite("Words of settings")
struct WordsTests {
    @Test("Settings and modules have the same words, so that none is lost between them")
    func sameWords() {
        #expect(
            Settings.OutputFormat.allCases.map(\.rawValue)
                == FindingFormat.allCases.map(\.rawValue))
        #expect(
            Settings.InputFormat.allCases.map(\.rawValue) == EventFormat.allCases.map(\.rawValue))
        #expect(
            Settings.InputPreset.allCases.map(\.rawValue)
                == FieldMap.Preset.allCases.map(\.rawValue))
        #expect(
            Settings.LogLevel.allCases.map(\.rawValue) == Logger.Level.allCases.map(\.rawValue))
        #expect(
            Settings.LogLineFormat.allCases.map(\.rawValue) == LogFormat.allCases.map(\.rawValue))
        #expect(
            Settings.Delivery.allCases.map(\.rawValue) == DeliveryMode.allCases.map(\.rawValue))
        #expect(
            Settings.DataLoss.allCases.map(\.rawValue) == DataLossPolicy.allCases.map(\.rawValue))
        #expect(
            Settings.MissingOffset.allCases.map(\.rawValue)
                == StartPolicy.allCases.map(\.rawValue))
        #expect(
            Settings.TimeUnit.allCases.map(\.rawValue) == FieldMap.Unit.named.map(\.rawValue))
    }

    @Test("input.fields knows the decoder's fields, and which of them have a unit")
    func sameFields() throws {
        for field in EventField.allCases {
            let text = "input: { fields: { \(field.name): { pointer: /a, unit: s } } }"
            let isTimed = FieldMap.Target.field(field).takes(.seconds)
            let loaded = try? Settings.load(file: SourceText(name: "s", text: text))
            #expect((loaded != nil) == isTimed, "\(field.name)")
            let plain = "input: { fields: { \(field.name): /a } }"
            #expect(
                (try? Settings.load(file: SourceText(name: "s", text: plain))) != nil,
                "\(field.name)")
        }
    }
}
