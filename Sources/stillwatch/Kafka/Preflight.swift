import Configuration
import Detection
import Events
import Kafka
import Operations
import Topology

/// What keeps `run` from starting and needs no broker to be found out; the rules are checked apart.
enum Preflight {
    /// Everything that is wrong, the configuration's own errors aside.
    static func problems(_ settings: Settings) -> [Failure] {
        [input(settings), state(settings), clients(settings)].compactMap(\.self)
    }

    /// Whether events can be decoded as they are configured.
    private static func input(_ settings: Settings) -> Failure? {
        do {
            let pipeline = try Setup.pipeline(settings, try RuleSet([]))
            _ = try pipeline.makeDecoder(pipeline.plan.tracked)
            return nil
        } catch let failure as Failure {
            return failure
        } catch {
            return Failure(.usage, "input.fields: \(error)")
        }
    }

    private static func state(_ settings: Settings) -> Failure? {
        let path = settings.state.directory
        guard !path.isEmpty, let fault = MachineChecks.fault(ofDirectory: path) else { return nil }
        return Failure(.usage, fault.sentence)
    }

    /// Whether a client of every kind can be made; nobody is asked for that.
    private static func clients(_ settings: Settings) -> Failure? {
        do throws(Failure) {
            let properties = try Setup.properties(settings, standIn: "localhost")
            return properties.startProblem().map { Failure($0) }
        } catch {
            return error
        }
    }
}
