/// Runs one actor's jobs on a thread of its own, in the order they come.
///
/// A shard that blocks in a poll or computes for milliseconds then holds up nobody else. The thread ends
/// after `stop()`, once the jobs enqueued before it have run.
public final class ThreadExecutor: SerialExecutor {
    private let thread: QueueThread<(job: UnownedJob, executor: ThreadExecutor)>

    /// Starts the thread.
    ///
    /// The process ends with a message when the system has no thread to give: nothing can run then.
    public init() {
        thread = QueueThread { item in
            item.job.runSynchronously(on: item.executor.asUnownedSerialExecutor())
        }
        thread.start()
    }

    /// Runs `job` on the executor's thread, behind those already waiting.
    public func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue((UnownedJob(job), self))
    }

    /// Ends the thread once the jobs enqueued so far have run.
    public func stop() { thread.stop() }
}
