import Telemetry

/// A progress bar that a callback may hold.
final class SharedProgressBar {
    private var bar: ProgressBar?

    init(label: String, total: Int, isShown: Bool) {
        bar = ProgressBar(label: label, total: Int64(total), isShown: isShown)
    }

    func update(done: Int) { bar?.update(done: Int64(done)) }

    /// Clears the line; later updates do nothing.
    func finish() {
        guard let bar = bar.take() else { return }
        bar.finish()
    }
}
