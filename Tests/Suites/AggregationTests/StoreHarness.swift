import Aggregation
import Primitives

/// Feeds a store from plain values.
struct StoreHarness: ~Copyable {
    var store: EntityStore
    private let measures = UnsafeMutablePointer<Int64>.allocate(capacity: 2)
    private let values = UnsafeMutablePointer<Partial.Value>.allocate(capacity: 2)

    static func schema(
        minWindow: UInt32, maxWindow: UInt32, loadWindow: UInt32, tracksAge: Bool = false
    ) -> StateSchema {
        StateSchema(
            measures: ["requests", "output_tokens"],
            dimensions: [.init(name: "account", isNamed: true, loadWindow: loadWindow)],
            minWindow: minWindow, maxWindow: maxWindow, tracksHours: true,
            tracksAge: tracksAge)
    }

    init(_ schema: StateSchema, sampleSize: Int = 512, memoryBudget: Int = 1 << 30) {
        store = EntityStore(
            .init(
                accounts: schema, fingerprints: schema, paneWidth: .standard,
                sampleSize: sampleSize,
                memoryBudget: memoryBudget))
        measures.initialize(repeating: 0, count: 2)
        values.initialize(repeating: .absent, count: 2)
    }

    deinit {
        measures.deallocate()
        values.deallocate()
    }

    static func accountHash(_ account: Int) -> UInt64 {
        xxh3("a\(account)", seed: Kind.account.seed)
    }

    mutating func add(
        key: UInt64, value: String, pane: UInt32, requests: Int64, tokens: Int64, account: Int,
        born: UInt32 = 0
    ) {
        add(
            key: key, value: value, pane: pane, requests: requests, tokens: tokens,
            name: "a\(account)", born: born)
    }

    mutating func add(
        key: UInt64, value: String, pane: UInt32, requests: Int64, tokens: Int64, name: String,
        born: UInt32 = 0
    ) {
        measures[0] = requests
        measures[1] = tokens
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                values[0] = Partial.Value(
                    hash: xxh3(ByteSlice(name), seed: Kind.account.seed), name: ByteSlice(name),
                    born: born, isPresent: true)
                _ = store.fold(
                    Partial(
                        key: key, kind: .fingerprint(0), value: ByteSlice(value),
                        measures: UnsafePointer(measures), values: UnsafePointer(values)),
                    pane: Pane(index: pane))
            }
        }
    }

    /// Folds without making texts: for counting allocations.
    mutating func addPrepared(key: UInt64, pane: UInt32, account: UInt64) {
        measures[0] = 1
        withUnsafeBytes(of: account) { bytes in
            values[0] = Partial.Value(
                hash: mix(account), name: bytes, born: 0, isPresent: true)
            _ = store.fold(
                Partial(
                    key: key, kind: .fingerprint(0), value: bytes,
                    measures: UnsafePointer(measures),
                    values: UnsafePointer(values)),
                pane: Pane(index: pane))
        }
    }
}
