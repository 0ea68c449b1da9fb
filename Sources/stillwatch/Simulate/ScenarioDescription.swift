import Primitives
import Simulation

/// The parameters of a scenario for people or programs: what `simulate --describe` prints.
enum ScenarioDescription {
    /// A table, or a JSON object for each parameter.
    static func text(_ scenario: Scenario, asJSON: Bool) -> String {
        asJSON ? lines(scenario) : table(scenario)
    }

    private static func table(_ scenario: Scenario) -> String {
        let head = ["population", "parameter", "value", "basis", "source"]
        var table = TextTable(head, numbers: [])
        for fact in scenario.facts {
            table.add([
                fact.population, fact.parameter, fact.value, fact.basis.rawValue, fact.source,
            ])
        }
        return table.text
    }

    private static func lines(_ scenario: Scenario) -> String {
        var writer = JSONWriter(capacity: 1 << 14)
        for fact in scenario.facts {
            writer.beginObject()
            let members = [
                ("population", fact.population), ("parameter", fact.parameter),
                ("value", fact.value), ("basis", fact.basis.rawValue), ("source", fact.source),
            ]
            for (name, value) in members {
                writer.key(name)
                writer.value(value)
            }
            writer.endObject()
            writer.newline()
        }
        return writer.buffer.string()
    }
}
