import Foundation
import Synchronization
import TestSupport

/// Set by SIGINT and SIGTERM: the run then ends what it has started.
let isInterrupted = Atomic<Bool>(false)

/// Does one fault after the other, waits after each until the group has caught up, and compares at the end.
final class Run {
    private let options: Options
    private let scene: Scene
    private var members: [Member] = []
    private var load: Child?
    private let probe: LagProbe
    private var random: TestRandom
    private(set) var report = Report()

    init(_ options: Options) throws {
        self.options = options
        random = TestRandom(seed: options.seed)
        say("starting three brokers")
        scene = try Scene(options)
        probe = try LagProbe(scene, rate: options.rate)
        report.seed = options.seed
        report.release = options.release ?? "the newest"
    }

    func run() throws {
        defer { scene.end(keeping: options.keeps || !report.isGood) }
        members = (1...3).map { Member($0, scene) }
        try startLoad()
        try pass(3_000)
        try members[0].start()
        try settle("first member", within: 60)
        for member in members.dropFirst() { try member.start() }
        try settle("three members", within: 60)
        for number in 0..<options.faults { try doFault(number) }
        try finish()
    }

    // MARK: Load

    private func startLoad() throws {
        say("load: \(options.rate) records a second")
        load = try Child(
            Scene.program,
            [
                "simulate", "--topic", scene.input, "--record-time", "event", "--rate",
                String(options.rate), "--seed", String(options.seed), "--hours", "8760",
                "--population", "customers:accounts=20000,rate=14", "--population",
                "s1:name=small,accounts=60,rate=400", "--population",
                "s4:name=wide,accounts=2500,rate=26,start=2h", "--population",
                "harness:accounts=2000", "--bootstrap-servers", scene.servers,
            ], log: scene.path("load.log"))
    }

    // MARK: Faults

    private func doFault(_ number: Int) throws {
        let running = members.indices.filter { members[$0].isWanted }.map { $0 + 1 }
        let away = members.indices.filter { !members[$0].isWanted }.map { $0 + 1 }
        let fault = Fault.next(
            number, running: running, away: away, brokers: scene.brokers, &random)
        say("fault \(number + 1): \(fault)")
        let began = now()
        try act(fault)
        let seconds = try settle(fault.kind, within: 150)
        report.note(fault, seconds: now() - began, caughtUp: seconds)
        usleep(UInt32.random(in: 500_000...2_500_000, using: &random))
    }

    private func act(_ fault: Fault) throws {
        switch fault {
        case .killMember(let i, let downMs):
            members[i - 1].crash()
            try pass(downMs)
            try members[i - 1].start()
        case .killBroker(let i, let downMs):
            try scene.cluster.act("kill", broker: i)
            try pass(downMs)
            try raise(i)
        case .freezeMember(let i, let ms):
            members[i - 1].freeze()
            try pass(ms)
            members[i - 1].thaw()
        case .freezeBroker(let i, let ms):
            try scene.cluster.act("freeze", broker: i)
            try pass(ms)
            try scene.cluster.act("thaw", broker: i)
        case .scaleDown(let i): try members[i - 1].stop()
        case .scaleUp(let i): try members[i - 1].start()
        case .rollingRestart:
            for member in members where member.isWanted {
                try member.stop()
                try member.start()
                try pass(1_000)
            }
        case .killAll:
            let running = members.filter(\.isWanted)
            for member in running { member.crash() }
            for member in running { try member.start() }
        }
    }

    /// Starts a broker, again where it does not come up in time.
    private func raise(_ broker: Int) throws {
        do {
            try scene.cluster.act("up", broker: broker)
        } catch {
            say("broker \(broker) does not come up; once more: \(error)")
            try? scene.cluster.act("kill", broker: broker)
            try scene.cluster.act("up", broker: broker)
        }
    }

    /// Lets so many milliseconds go by; members that end by themselves are started again.
    private func pass(_ ms: Int) throws {
        let end = now() + Double(ms) / 1000
        while now() < end {
            try supervise()
            usleep(10_000)
        }
    }

    private func supervise() throws {
        guard !isInterrupted.load(ordering: .relaxed) else { throw Problem("interrupted") }
        for member in members {
            if let code = try member.supervise() { report.noteEnd(member.name, code: code) }
        }
        guard load?.isRunning ?? true else { throw Problem("the load has ended") }
    }

    /// Waits until what is there now is done and less than a second's work is left; how long that took.
    @discardableResult
    private func settle(_ what: String, within seconds: Double) throws -> Double {
        let began = now()
        var marks = probe.inputEnds()
        while marks.map({ !probe.isUnderOneSecond(passing: $0) }) ?? true {
            try supervise()
            if marks == nil { marks = probe.inputEnds() }
            if now() - began > seconds {
                throw Problem("no recovery within \(Int(seconds)) s after: \(what)")
            }
            usleep(50_000)
        }
        return now() - began
    }

    // MARK: The end

    private func finish() throws {
        load?.signal(SIGTERM)
        load?.wait()
        load = nil
        say("load ended; waiting for the lag to reach zero")
        try probe.waitForZero(within: 120) {
            for member in members {
                if let code = try member.supervise() { report.noteEnd(member.name, code: code) }
            }
        }
        for member in members where member.isWanted { try member.stop() }
        say("closing what is open")
        try scene.stillwatch(
            ["run", "--stop-at-end", "--instance-id", "closing"], log: "closing.log")
        say("comparing with a backtest over the input topic")
        report.comparison = try Oracle(scene).compare()
        report.restarts = members.reduce(0) { $0 + $1.starts - 1 }
    }
}
