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

    /// Lets go of a value on the thread: whoever held it does not wait for its end.
    public func release<Value: ~Copyable & Sendable>(_ value: inout Value?) {
        guard value != nil else { return }
        let holder = Holder(value.take())
        run { holder.value = nil }
    }

    /// Unchecked Sendable: filled before it is handed over, emptied on the thread.
    private final class Holder<Value: ~Copyable & Sendable>: @unchecked Sendable {
        var value: Value?

        init(_ value: consuming Value?) { self.value = value }
    }
}
