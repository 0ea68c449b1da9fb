/// Runs blocking calls one after the other on a thread of its own.
///
/// For what must not wait elsewhere: whoever hands a call over learns of its end by what the call itself leaves
/// behind. Dropping the worker waits for nothing: its thread ends once the calls handed over have run.
public final class WorkerThread: Sendable {
    private let thread = QueueThread<@Sendable () -> Void> { call in call() }

    /// Starts the thread.
    ///
    /// The process ends with a message when the system has no thread to give: nothing can run then.
    public init() { thread.start() }

    deinit { thread.stop() }

    /// Runs `call` on the thread, behind those handed over before.
    public func run(_ call: @escaping @Sendable () -> Void) { thread.enqueue(call) }
}
