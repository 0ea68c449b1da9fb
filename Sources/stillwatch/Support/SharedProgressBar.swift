import Primitives
import Replay
import Telemetry

/// A progress bar that a callback may hold.
final class SharedProgressBar {
    private var bar: ProgressBar?

    init(label: String, total: Int, isShown: Bool) {
        bar = ProgressBar(label: label, total: Int64(total), isShown: isShown)
    }

    func update(done: Int) { bar?.update(done: Int64(done)) }

    /// Says how far a replay has come: how many records a second, and up to which event time.
    func update(done: Int, _ progress: ReplayDriver.Progress) {
        bar?.update(
            done: Int64(done), records: Int64(progress.records),
            note: progress.time.map { "at \(Timestamp.rfc3339(ms: $0.ms))" } ?? "")
    }

    /// Clears the line; later updates do nothing.
    func finish() {
        guard let bar = bar.take() else { return }
        bar.finish()
    }
}
