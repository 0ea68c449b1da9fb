import Primitives
import Snapshots
import TestSupport
import Testing

@Suite("Windows of snapshots")
struct WindowTests {
    @Test(
        "a window holds every key, and without its oldest snapshot it would not",
        arguments: 1...30 as ClosedRange<UInt64>)
    func isMinimal(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var window = SnapshotWindow()
        let probes = (0..<200).map { _ in random.next() } + [0, .max]
        var rounds = 0
        for sequence in UInt32(1)...300 {
            let isAll = sequence == 1 || Int.random(in: 0..<60, using: &random) == 0
            let length = random.next() >> UInt64.random(in: 1...8, using: &random)
            let span =
                isAll
                ? KeySpan.all(from: window.cursor)
                : KeySpan(start: window.cursor, end: window.cursor &+ length)
            if span.end < span.start { rounds += 1 }
            window.push(.init(id: TestSnapshots.id(sequence), pages: 1, digest: 0, span: span))
            let entries = window.entries
            #expect(entries.first?.id.sequence == sequence && window.isWhole)
            #expect(probes.allSatisfy { key in entries.contains { $0.span.contains(key) } })
            let newer = entries.dropLast()
            let covered = newer.reduce(0.0) { $0 + Double($1.span.length) }
            #expect(newer.allSatisfy { !$0.span.isAll } && covered < 0x1p64)
        }
        #expect(rounds > 2, "seed \(seed)")
    }

    @Test("a manifest comes back as it was written, and names the pages that newer ones do not")
    func manifest() throws {
        var window = SnapshotWindow()
        var manifests: [Manifest] = []
        for sequence in UInt32(1)...40 {
            let span =
                sequence == 1
                ? KeySpan.all(from: 0)
                : KeySpan(start: window.cursor, end: window.cursor &+ 1 << 61)
            window.push(
                .init(
                    id: TestSnapshots.id(sequence), pages: sequence, digest: UInt64(sequence),
                    span: span))
            let manifest = Manifest(
                task: TestSnapshots.task, id: TestSnapshots.id(sequence),
                position: Int64(sequence) * 10,
                replayFrom: Int64(sequence) * 9, window: window)
            let record = manifest.record
            let again = try record.value.withUnsafeBytes { try Manifest($0, key: record.key) }
            #expect(again == manifest)
            manifests.append(manifest)
        }
        #expect(manifests[39].window.entries.count == 8)
        let dropped = manifests[37].pageKeys(notNamedBy: [manifests[38], manifests[39]])
        #expect(Set(dropped.map(\.id)) == [TestSnapshots.id(31)])
        #expect(dropped.count == 31)
    }
}
