import Configuration
import Delivery
import Live
import Operations
import Primitives

/// `reset`: where the group goes on, and from which state; a dry run unless told otherwise.
enum ResetCommand {
    static let command = Command(
        "reset", summary: "Move the group to other offsets; a dry run unless --execute is given.",
        discussion: """
            Prints where each partition would go on and what becomes of the state, and changes nothing; with \
            --execute it does it. Refused, with 1, while the group has members: stop them first, and wait until \
            the session (20 s) of the last is over.
            --state keep leaves the windows as they are. It goes with a move forward only: what is passed over \
            is then missing, and counted as missing. A move backward would count twice what is in the state \
            already, or drop it as a repetition, and is refused. --state clear forgets every window and open \
            finding, and reads no partials from before: every task gets an empty snapshot, and the older \
            ones are removed. A state directory is cleared on the machine the command runs on.
            Findings that were published stay in the alerts topic. Their ids follow from rule, entity and the \
            start of the episode: the same records read again under the same rules give the same ids, not new \
            findings. Findings that were open when state was cleared are not closed.
            A reset that ends early has changed nothing, or is complete but for rubbish in the store: run it \
            again.
            """,
        options: [
            Option(
                "to", .text("beginning|end|time"),
                help: """
                    Where to go on: the first record kept, behind the last, or the first record whose broker \
                    timestamp is at or after a time, RFC 3339 in UTC.
                    """),
            Option(
                "state", .choice(["keep", "clear"]), default: "keep",
                help: "What becomes of windows and open findings."),
            Option("execute", .flag, help: "Do it."),
            .group,
        ] + Option.connection + [.rules] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        let target = try target(invocation)
        let state = invocation.value("state").flatMap(ResetState.init) ?? .keep
        let settings = try RunCommand.liveSettings(environment.settings)
        do throws(EngineFailure) {
            let resetter = try Resetter(settings) { Console.error("\($0)\n") }
            let plan = try resetter.plan(target, state)
            try show(plan, settings)
            return try finish(plan, resetter, isDry: !invocation.has("execute"))
        } catch {
            throw RunCommand.failure(error, environment.settings)
        }
    }

    private static func target(_ invocation: Invocation) throws(Failure) -> ResetTarget {
        switch invocation.value("to") {
        case "beginning": return .beginning
        case "end": return .end
        case let text?:
            if let ms = TimeText.time(text)?.ms { return .time(ms: ms) }
            throw Failure(
                .usage,
                "--to must be beginning, end or a UTC time such as 2026-01-01T00:00:00Z, not '\(text)'"
            )
        case nil:
            throw Failure(.usage, "where to? Give --to beginning, --to end or --to <time>")
        }
    }

    private static func finish(
        _ plan: ResetPlan, _ resetter: borrowing Resetter, isDry: Bool
    ) throws(EngineFailure) -> ExitCode {
        guard plan.refusals.isEmpty else {
            for reason in plan.refusals { Console.error("refused: \(reason)\n") }
            return .checkFailed
        }
        if plan.isEmpty {
            Console.error("nothing to do: the group stands there already\n")
        } else if isDry {
            Console.error("dry run: nothing was changed; --execute does it\n")
        } else {
            if let reason = try resetter.execute(plan) {
                Console.error("refused: \(reason)\n")
                return .checkFailed
            }
            Console.error("done\n")
        }
        return .ok
    }

    private static func show(
        _ plan: ResetPlan, _ settings: LiveSettings
    ) throws(EngineFailure) {
        var table = TextTable(
            ["topic", "partition", "current", "new", "lag change"], numbers: [1, 2, 3, 4])
        for move in plan.inputs + plan.logs {
            table.add([
                settings.topics.name(move.partition.topic), String(move.partition.number),
                move.from.map { String($0) } ?? "-", String(move.to),
                move.lagChange.map { $0 > 0 ? "+\($0)" : String($0) } ?? "-",
            ])
        }
        let place = settings.stateDirectory ?? settings.topics.state ?? ""
        let text =
            "group \(settings.group)\n\n" + table.text + "\nstate in \(place): \(fate(plan))\n"
        do throws(OutputError) {
            var output = try Output(path: nil)
            try output.write(text: text)
            try output.finish()
        } catch {
            if case .failed(let reason) = error { throw .unreachable(reason) }
        }
    }

    private static func fate(_ plan: ResetPlan) -> String {
        switch plan.state {
        case .keep:
            "kept; what is passed over is missing in it, and the log says so when the group goes on"
        case .clear:
            "cleared; \(count(plan.logs.count, "task")) begin with nothing, and no partials from "
                + "before are read"
        }
    }
}
