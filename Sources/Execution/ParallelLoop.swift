import Synchronization

/// Runs the same work for each number of a range on several threads, each number on the thread that is free first.
public enum ParallelLoop {
    /// Calls `body` with `0 ..< count`, at most `width` calls at a time, and returns when all are done.
    ///
    /// - Parameter body: called with the number and with which of the `width` workers calls, so that workers can have
    ///   scratch of their own.
    public static func run(
        _ count: Int, width: Int, _ body: @escaping @Sendable (_ number: Int, _ worker: Int) -> Void
    ) async {
        guard width > 1, count > 1 else {
            for number in 0..<count { body(number, 0) }
            return
        }
        let next = Counter()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<min(width, count) {
                group.addTask {
                    while let number = next.take(below: count) { body(number, worker) }
                }
            }
        }
    }

    /// Numbers handed out once each.
    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)

        func take(below limit: Int) -> Int? {
            let number = value.wrappingAdd(1, ordering: .relaxed).oldValue
            return number < limit ? number : nil
        }
    }
}
