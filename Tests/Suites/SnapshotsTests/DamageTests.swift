import Glibc
import Primitives
import Snapshots
import TestSupport
import Testing

/// Records that are damaged in every way, with what has to be said of them.
@Suite("Damaged pages and manifests")
struct DamageTests {
    private static let isFull = getenv("STILLWATCH_FULL") != nil
    private static let task = TestSnapshots.task
    private static let id = TestSnapshots.id(5)

    private static func page() -> (bytes: [UInt8], key: StateKey) {
        let items = (0..<50).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }
        let pages = TestSnapshots.snapshot(id, items, span: .all(from: 0)).pages.pages
        return (pages[0], StateKey(task, .page(index: 0), of: id))
    }

    private static func manifest() -> (bytes: [UInt8], key: StateKey) {
        var window = SnapshotWindow()
        window.push(.init(id: TestSnapshots.id(4), pages: 3, digest: 1, span: .all(from: 0)))
        window.push(.init(id: id, pages: 2, digest: 2, span: KeySpan(start: 0, end: 99)))
        let manifest = Manifest(
            task: task, id: id, position: 1000, replayFrom: 900, window: window)
        return (manifest.record.value, manifest.key)
    }

    private static func check(_ bytes: [UInt8], _ key: StateKey) -> SnapshotError? {
        do throws(SnapshotError) {
            if key.kind == .manifest {
                try bytes.withUnsafeBufferPointer { (slice) throws(SnapshotError) in
                    _ = try Manifest(ByteSlice(slice), key: key)
                }
            } else {
                _ = try Page(bytes, key: key)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Writes another format version, as its release would.
    private static func version(_ version: UInt16, _ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for (i, word) in [version, ~version].enumerated() {
            bytes[4 + 2 * i] = UInt8(word & 255)
            bytes[5 + 2 * i] = UInt8(word >> 8)
        }
        return bytes
    }

    @Test("whole ones are read")
    func whole() {
        for (bytes, key) in [Self.page(), Self.manifest()] {
            #expect(Self.check(bytes, key) == nil)
        }
    }

    @Test("cut off anywhere they are torn, and say how many bytes there are")
    func torn() {
        for (bytes, key) in [Self.page(), Self.manifest()] {
            for length in 0..<bytes.count {
                guard case .torn(length, let expected) = Self.check(Array(bytes[..<length]), key)
                else {
                    Issue.record("cut at \(length)")
                    return
                }
                #expect(expected == bytes.count || length < 48)
            }
            #expect(Self.check(bytes + [0], key) == .corrupted)
        }
    }

    @Test("any flipped bit is damage, and nothing else")
    func flipped() {
        for (bytes, key) in [Self.page(), Self.manifest()] {
            for bit in 0..<bytes.count * 8 {
                var broken = bytes
                broken[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(Self.check(broken, key) == .corrupted, "bit \(bit)")
            }
        }
    }

    @Test("other releases' formats are named, even where no more than that can be read of them")
    func versions() {
        for (bytes, key) in [Self.page(), Self.manifest()] {
            #expect(Self.check(Self.version(3, bytes), key) == .newerFormat(3))
            #expect(Self.check(Self.version(999, Array(bytes[..<8])), key) == .newerFormat(999))
            #expect(Self.check(Self.version(1, bytes), key) == .olderFormat(1))
        }
    }

    @Test("whole records under another's key are misplaced")
    func misplaced() {
        let others = [
            StateKey(
                TaskID(application: 8, stage: .entity, partition: 3), .page(index: 0), of: Self.id),
            StateKey(
                TaskID(application: 7, stage: .entity, partition: 4), .page(index: 0), of: Self.id),
            StateKey(Self.task, .page(index: 1), of: Self.id),
            StateKey(Self.task, .page(index: 0), of: TestSnapshots.id(6)),
            StateKey(Self.task, .page(index: 0), of: TestSnapshots.id(5, incarnation: 1)),
        ]
        for key in others { #expect(Self.check(Self.page().bytes, key) == .misplaced) }
        var key = Self.manifest().key
        key.id = TestSnapshots.id(6)
        #expect(Self.check(Self.manifest().bytes, key) == .misplaced)
        #expect(Self.check(Self.page().bytes, Self.manifest().key) == .corrupted)
    }

    @Test("random bytes, also under a right checksum, are refused or read without a trap")
    func fuzz() throws {
        var random = TestRandom(seed: 7)
        for round in 0..<(Self.isFull ? 500_000 : 20_000) {
            let (whole, key) = round % 2 == 0 ? Self.page() : Self.manifest()
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[.random(in: 48..<bytes.count, using: &random)] =
                    Bool.random(using: &random) ? 0xFF : .random(in: 0...255, using: &random)
            }
            Self.seal(&bytes)
            if round % 2 == 0, let page = try? Page(bytes, key: key) {
                var reader = ItemReader()
                var size = 0
                typealias Broken = TestSnapshots.Broken
                try? reader.read(page, corrupted: Broken()) { (item) throws(Broken) in
                    size += item.count
                }
                #expect(size <= bytes.count)
            } else if round % 2 == 1 {
                bytes.withUnsafeBytes { slice in
                    guard let manifest = try? Manifest(slice, key: key) else { return }
                    #expect(manifest.window.isWhole && manifest.replayFrom <= manifest.position)
                }
            }
        }
    }

    /// Puts the right checksum on changed bytes.
    private static func seal(_ bytes: inout [UInt8]) {
        let checksum = bytes.withUnsafeBytes { xxh3(ByteSlice(rebasing: $0[24...])) }
        for i in 0..<8 { bytes[16 + i] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * i)) }
    }

    @Test("random bytes as keys and values leave an assembler without a snapshot")
    func randomRecords() {
        var random = TestRandom(seed: 8)
        var assembler = SnapshotAssembler(task: Self.task)
        for _ in 0..<5000 {
            var key = Self.page().key.bytes
            if Bool.random(using: &random) {
                key[.random(in: 0..<key.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            } else {
                key = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    .random(in: 0...255, using: &random)
                }
            }
            let value: [UInt8]? =
                Int.random(in: 0..<10, using: &random) == 0
                ? nil
                : (0..<Int.random(in: 0...200, using: &random)).map { _ in
                    .random(in: 0...255, using: &random)
                }
            key.withUnsafeBytes { key in
                guard let value else { return assembler.add(key: key, value: nil) }
                value.withUnsafeBytes { assembler.add(key: key, value: $0) }
            }
        }
        #expect(assembler.choose(notAfter: .max).allSatisfy { $0.problem != nil })
        #expect(assembler.byteCount == 0)
    }
}
