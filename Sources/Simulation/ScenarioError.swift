/// Why a scenario's description was refused; the caller shows it and asks for a better one.
public enum ScenarioError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No population is called so.
    case unknownPopulation(String)
    /// No preset is called so.
    case unknownPreset(String)
    /// No scenario of the catalogue is called so.
    case unknownScenario(String)
    /// The population has no such parameter.
    case unknownParameter(String, population: String)
    /// A parameter that is not `name=value`, or comes twice.
    case malformedParameter(String)
    /// The value cannot be read, or is out of range.
    case badValue(String, parameter: String, expected: String)

    /// One line that says what to change.
    public var description: String {
        switch self {
        case .unknownPopulation(let name):
            let known = PopulationSpec.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            return "unknown population '\(name)'; known are \(known)"
        case .unknownPreset(let name):
            let known = Scenario.presetNames.joined(separator: ", ")
            return "unknown preset '\(name)'; known are \(known)"
        case .unknownScenario(let name):
            let known = Scenario.catalogue.map(\.name).joined(separator: ", ")
            return "unknown scenario '\(name)'; known are \(known)"
        case .unknownParameter(let name, let population):
            return "population '\(population)' has no parameter '\(name)'"
        case .malformedParameter(let text):
            return "'\(text)' is not a parameter of the form name=value, given once"
        case .badValue(let value, let parameter, let expected):
            return "'\(value)' is no value for '\(parameter)': expected \(expected)"
        }
    }
}
