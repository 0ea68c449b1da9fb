import Aggregation
import Primitives

/// Shapes and partials of two classes with several measures and dimensions.
enum StoredShape {
    static let accounts = StateSchema(
        measures: ["requests", "output_tokens"],
        dimensions: [
            .init(name: "ip", isNamed: true, loadWindow: 0),
            .init(name: "model", isNamed: false, loadWindow: 40),
        ], minWindow: 6, maxWindow: 300, tracksHours: true)
    static let fingerprints = StateSchema(
        measures: ["requests", "errors", "output_tokens"],
        dimensions: [
            .init(name: "account", isNamed: true, loadWindow: 60),
            .init(name: "ip", isNamed: false, loadWindow: 0),
        ], minWindow: 40, maxWindow: 400, tracksHours: false,
        tracksAge: true)

    static func shape(sampleSize: Int = 16) -> StateShape {
        StateShape(
            kinds: ["ip", "payment"], keepsAccounts: true, accounts: accounts,
            fingerprints: fingerprints, sampleSize: sampleSize)
    }

    static func store(_ shape: StateShape, memoryBudget: Int = 64 << 20) -> EntityStore {
        EntityStore(
            .init(
                accounts: shape.accounts, fingerprints: shape.fingerprints, paneWidth: .standard,
                sampleSize: shape.sampleSize, memoryBudget: memoryBudget))
    }
}

/// One partial as a value, so that it can be folded again.
struct StoredPartial {
    var key: UInt64
    var kind: Int?
    var pane: UInt32
    var requests: Int64
    var others: Int64
    /// Values of the dimensions; nil where the events carried none.
    var first: Int?
    var second: Int?
    var born: UInt32 = 0

    var value: String { "entity \(key % 100_000)" }

    func fold(into store: inout EntityStore) {
        let names = [first, second].map {
            $0.map { "value \($0)" + String(repeating: "x", count: $0 % 40) }
        }
        var measures: [Int64] = [requests, others, others / 2, 0]
        var values: [Partial.Value] = []
        func add(_ name: String?, _ body: () -> Void) {
            guard var name else {
                values.append(.absent)
                return body()
            }
            name.withUTF8 { text in
                values.append(
                    Partial.Value(
                        hash: xxh3(ByteSlice(text)), name: ByteSlice(text), born: born,
                        isPresent: true))
                body()
            }
        }
        var value = value
        value.withUTF8 { value in
            add(names[0]) {
                add(names[1]) {
                    measures.withUnsafeMutableBufferPointer { measures in
                        values.withUnsafeBufferPointer { values in
                            guard let m = measures.baseAddress, let v = values.baseAddress else {
                                return
                            }
                            _ = store.fold(
                                Partial(
                                    key: key, kind: kind.map { .fingerprint($0) } ?? .account,
                                    value: ByteSlice(value),
                                    measures: UnsafePointer(m), values: v),
                                pane: Pane(index: pane))
                        }
                    }
                }
            }
        }
    }
}
