import Glibc

/// Runs blocking calls one after the other on a thread of its own.
///
/// For what must not wait elsewhere: whoever hands a call over learns of its end by what the call itself leaves
/// behind. Dropping the worker waits for nothing: its thread ends once the calls handed over have run.
public final class WorkerThread: Sendable {
    private let core: Core

    /// Starts the thread.
    ///
    /// The process ends with a message when the system has no thread to give: nothing can run then.
    public init() {
        core = Core()
        core.start()
    }

    deinit { core.stop() }

    /// Runs `call` on the thread, behind those handed over before.
    public func run(_ call: @escaping @Sendable () -> Void) { core.enqueue(call) }

    /// What the thread and its owner share; the thread keeps it until it ends.
    private final class Core: @unchecked Sendable {
        // Unchecked: `calls` and `isStopping` are only touched under `mutex`.
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var calls: [@Sendable () -> Void] = []
        private var isStopping = false

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func start() {
            var thread = pthread_t()
            let retained = Unmanaged.passRetained(self).toOpaque()
            let status = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Core>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, retained)
            precondition(status == 0, "the system has no thread to give (errno \(status))")
            pthread_detach(thread)
        }

        func enqueue(_ call: @escaping @Sendable () -> Void) {
            pthread_mutex_lock(mutex)
            calls.append(call)
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func stop() {
            pthread_mutex_lock(mutex)
            isStopping = true
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        private func run() {
            var batch: [@Sendable () -> Void] = []
            while true {
                pthread_mutex_lock(mutex)
                while calls.isEmpty, !isStopping { pthread_cond_wait(condition, mutex) }
                swap(&batch, &calls)
                pthread_mutex_unlock(mutex)
                if batch.isEmpty { return }
                for index in batch.indices {
                    batch[index]()
                    // What a call holds goes with it, not with the batch.
                    batch[index] = {}
                }
                batch.removeAll(keepingCapacity: true)
            }
        }
    }
}
