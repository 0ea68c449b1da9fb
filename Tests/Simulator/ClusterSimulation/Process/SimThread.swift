/// A thread of a process: something that runs in steps, when it is woken or its time has come.
///
/// A step takes a little virtual time, and a woken thread runs a little later, so that threads interleave.
public final class SimThread {
    /// The process it is part of.
    public let process: SimProcess
    /// For the trace.
    public let name: String
    /// Steps so far.
    public private(set) var steps = 0
    private var step: ((Int64) -> Int64)?
    private var dueUs: Micros = .max
    private var busyUntilUs: Micros = 0
    private var ticket = 0
    private var isEnded = false

    init(_ process: SimProcess, name: String) {
        self.process = process
        self.name = name
    }

    /// Lets it run `step` from now on: it is given the process's clock, and answers in how many milliseconds it
    /// wants to run again at the latest; a port that has something for it wakes it earlier.
    public func start(_ step: @escaping (Int64) -> Int64) {
        self.step = step
        wake()
    }

    /// Lets it run soon.
    public func wake() {
        schedule(at: process.timeline.nowUs + process.random.pick(20...200))
    }

    /// Keeps it busy for a while, as a long step would; the rest of the process goes on.
    public func stall(forMs milliseconds: Int64) {
        busyUntilUs = max(busyUntilUs, process.timeline.nowUs + ms(milliseconds))
        guard dueUs < busyUntilUs else { return }
        dueUs = .max
        schedule(at: busyUntilUs)
    }

    /// Ends it: it runs no more.
    public func end() {
        isEnded = true
        ticket += 1
        step = nil
    }

    private func schedule(at timeUs: Micros) {
        let timeUs = max(timeUs, busyUntilUs)
        guard !isEnded, step != nil, timeUs < dueUs else { return }
        dueUs = timeUs
        ticket += 1
        let mine = ticket
        process.timeline.at(timeUs) { [self] in
            guard mine == ticket else { return }
            dueUs = .max
            if process.state == .frozen { return process.runAtThaw(self) }
            run()
        }
    }

    private func run() {
        guard !isEnded, process.state == .running, let step else { return }
        steps += 1
        let nowUs = process.timeline.nowUs
        busyUntilUs = nowUs + process.random.pick(20...300)
        let delayMs = max(0, step(process.nowMs))
        schedule(at: nowUs + ms(min(delayMs, 3_600_000)))
    }
}
