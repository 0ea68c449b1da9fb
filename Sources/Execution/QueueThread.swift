import Glibc

/// A thread that takes items in the order they come.
///
/// The thread ends after `stop()`, once the items enqueued before it are done.
final class QueueThread<Item>: @unchecked Sendable {
    // Unchecked: `items` and `isStopping` are only touched under `mutex`; `work` runs on the thread alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let work: @Sendable (Item) -> Void
    private var items: [Item] = []
    private var isStopping = false

    init(_ work: @escaping @Sendable (Item) -> Void) {
        self.work = work
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Starts the thread, which keeps the queue until it ends.
    ///
    /// The process ends with a message when the system has no thread to give: nothing can run then.
    func start() {
        var thread = pthread_t()
        // The thread's function cannot be generic: it is given what to do.
        let body = Body { self.run() }
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(body).toOpaque())
        precondition(status == 0, "the system has no thread to give (errno \(status))")
        pthread_detach(thread)
    }

    func enqueue(_ item: Item) {
        pthread_mutex_lock(mutex)
        items.append(item)
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
        // Turned over, so that what an item holds goes with it and not with the batch.
        var batch: [Item] = []
        while true {
            pthread_mutex_lock(mutex)
            while items.isEmpty, !isStopping { pthread_cond_wait(condition, mutex) }
            swap(&batch, &items)
            pthread_mutex_unlock(mutex)
            if batch.isEmpty { return }
            batch.reverse()
            while let item = batch.popLast() { work(item) }
        }
    }
}

private final class Body {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
}
