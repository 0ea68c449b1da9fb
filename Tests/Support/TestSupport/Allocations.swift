import CMallocCounter

/// Heap allocations the calling thread makes while `body` runs; nil where a sanitizer owns malloc.
public func allocations(during body: () throws -> Void) rethrows -> UInt64? {
    guard stillwatch_malloc_counts() == 1 else { return nil }
    let before = stillwatch_malloc_count()
    try body()
    return stillwatch_malloc_count() - before
}
