import Foundation

/// One instance: a process that is started, killed, frozen and started again under one name.
final class Member {
    let name: String
    private let scene: Scene
    private(set) var child: Child?
    private(set) var starts = 0
    /// Whether it should run: not while it is scaled away.
    private(set) var isWanted = false
    private(set) var isFrozen = false

    init(_ number: Int, _ scene: Scene) {
        name = "member-\(number)"
        self.scene = scene
    }

    var log: URL { scene.path("\(name).log") }

    func start() throws {
        isWanted = true
        starts += 1
        child = try Child(
            Scene.program, ["run", "--instance-id", name] + scene.config, log: log)
    }

    /// kill -9.
    func crash() {
        child?.signal(SIGCONT)
        child?.signal(SIGKILL)
        child?.wait()
        child = nil
        isFrozen = false
    }

    func freeze() {
        isFrozen = true
        child?.signal(SIGSTOP)
    }

    func thaw() {
        isFrozen = false
        child?.signal(SIGCONT)
    }

    /// SIGTERM, and the wait for a good end.
    func stop(within seconds: Double = 60) throws {
        isWanted = false
        guard let child else { return }
        child.signal(SIGTERM)
        let deadline = now() + seconds
        while child.isRunning {
            if now() > deadline { throw Problem("\(name) does not end on SIGTERM") }
            usleep(20_000)
        }
        self.child = nil
        guard child.code == 0 else { throw Problem("\(name) ended with \(child.code ?? -1)") }
    }

    /// Starts a wanted process that has ended by itself, as a supervisor would; returns its exit code.
    func supervise() throws -> Int32? {
        guard isWanted, let child, !child.isRunning else { return nil }
        let code = child.code
        try start()
        return code
    }
}
