import Broker
import Delivery
import Foundation
import Live
import Snapshots
import Synchronization
import Testing

/// The directory store needs no broker.
@Suite struct DirectoryTests {
    private let task = TaskID(application: 0xbeef, stage: .entity, partition: 3)

    /// A directory of its own, removed at the end.
    private final class Scratch {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-state-\(UUID().uuidString.prefix(8))")
        var path: String { url.path }

        func files(_ task: String = "entity-3") -> [String] {
            let directory = url.appendingPathComponent("0000beef/\(task)").path
            return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
                .sorted()
        }

        func file(_ name: String) -> URL {
            url.appendingPathComponent("0000beef/entity-3/\(name)")
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    /// What a store noted.
    private final class Notes: Sendable {
        private let texts = Mutex<[String]>([])
        func add(_ text: String) { texts.withLock { $0.append(text) } }
        var all: [String] { texts.withLock { $0 } }
    }

    private func manifest(_ sequence: UInt32) -> ManifestRecord {
        let key = StateKey(task, .manifest, of: .init(incarnation: 0xabcd, sequence: sequence))
        return ManifestRecord(key: key, value: Array("manifest \(sequence)".utf8))
    }

    private func error(_ body: () throws -> Void) -> BrokerError? {
        do {
            try body()
            return nil
        } catch { return error as? BrokerError }
    }

    @Test("pages and manifests come back in the order of snapshots, one file of pages a snapshot")
    func roundTrip() throws {
        let scratch = Scratch()
        let store = try DirectoryStore(path: scratch.path, application: 0xbeef)
        let port = store.makePort()
        #expect(!port.publishesInBatch)
        let large = Array(repeating: UInt8(7), count: 5_000_000)
        // The second before the first, and sequences whose digits sort otherwise than their numbers.
        let snapshots = [
            snapshot(task, 10, pages: [[1], [], large]),
            snapshot(task, 9, pages: [[2], large, [3]]),
        ]
        for pages in snapshots { port.write(pages) }
        port.publish(manifest(9))
        port.publish(manifest(10))
        #expect(ends(port, 4).map(\.id.sequence) == [10, 9, 9, 10])
        #expect(scratch.files().count == 4)
        let records = try everything(port, task)
        let names = records.map { record in
            let key = record.key
            return "\(key.map { String($0.id.sequence) } ?? "?") \(key.map { "\($0.kind)" } ?? "?")"
        }
        #expect(
            names == [
                "9 page(index: 0)", "9 page(index: 1)", "9 page(index: 2)", "9 manifest",
                "10 page(index: 0)", "10 page(index: 1)", "10 page(index: 2)", "10 manifest",
            ])
        #expect(
            records.map(\.value) == [
                [2], large, [3], manifest(9).value, [1], [], large, manifest(10).value,
            ])
        #expect(records.allSatisfy { $0.key?.task == task })
        #expect(
            try everything(port, TaskID(application: 0xbeef, stage: .entity, partition: 4)) == [])

        port.remove([
            StateKey(task, .page(index: 1), of: snapshots[1].id), manifest(9).key,
            StateKey(task, .page(index: 0), of: .init(incarnation: 1, sequence: 1)),
        ])
        #expect(eventually { scratch.files().count == 2 })
        #expect(try everything(port, task).count == 4)
    }

    @Test(
        "what a crash left half written is removed at the opening, and a torn file gives the pages it has"
    )
    func leftovers() throws {
        let scratch = Scratch()
        do {
            let store = try DirectoryStore(path: scratch.path, application: 0xbeef)
            let port = store.makePort()
            port.write(snapshot(task, 1, pages: [[1], [2, 2], [3, 3, 3]]))
            port.write(snapshot(task, 2, pages: [[4]]))
            port.write(snapshot(task, 3, pages: [[5]]))
            #expect(ends(port, 3).allSatisfy { $0.error == nil })
        }
        let names = scratch.files()
        try Data([1, 2]).write(to: scratch.file("0000000004-000000000000abcd.pages.tmp"))
        try Data([1, 2]).write(to: scratch.file("notes.txt"))
        // Torn, as no crash of ours leaves it; and of another format.
        let first = try Data(contentsOf: scratch.file(names[0]))
        try first.prefix(first.count - 2).write(to: scratch.file(names[0]))
        try Data([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]).write(to: scratch.file(names[1]))

        let notes = Notes()
        // The lock goes with the store before; its thread may hold that a moment longer.
        var opened: DirectoryStore?
        #expect(
            eventually {
                opened = try? DirectoryStore(path: scratch.path, application: 0xbeef) {
                    notes.add($0)
                }
                return opened != nil
            })
        let port = try #require(opened).makePort()
        #expect(!scratch.files().contains { $0.hasSuffix(".tmp") })
        #expect(scratch.files().contains("notes.txt"))
        #expect(try everything(port, task).map(\.value) == [[1], [2, 2], [5]])
        for word in ["never finished", "torn", "cannot be read"] {
            #expect(notes.all.contains { $0.contains(word) }, "\(notes.all)")
        }
    }

    @Test(
        "what is there and cannot be read is a failure, not the end: nothing is taken for missing",
        arguments: ["file", "directory"])
    func unreadable(what: String) throws {
        let scratch = Scratch()
        let store = try DirectoryStore(path: scratch.path, application: 0xbeef)
        let port = store.makePort()
        port.write(snapshot(task, 1, pages: [[1], [2]]))
        #expect(ends(port, 1).allSatisfy { $0.error == nil })
        let whole = scratch.file(scratch.files()[0])
        if what == "file" {
            try FileManager.default.removeItem(at: whole)
            try FileManager.default.createSymbolicLink(at: whole, withDestinationURL: whole)
        } else {
            let directory = whole.deletingLastPathComponent()
            try FileManager.default.removeItem(at: directory)
            try FileManager.default.createSymbolicLink(at: directory, withDestinationURL: directory)
        }
        let reader = port.open(task)
        var status = ReadStatus.open
        #expect(
            eventually {
                status = reader.read(max: 10) { _, _ in }
                if case .open = status { return false }
                return true
            })
        guard case .failed(let error) = status else {
            Issue.record("\(status)")
            return
        }
        #expect(error.description.contains(scratch.path), "\(error)")
        reader.close()
    }

    @Test(
        "a directory that another process uses is refused, with its process id; another application's is free"
    )
    func inUse() throws {
        let scratch = Scratch()
        let store = try DirectoryStore(path: scratch.path, application: 0xbeef)
        let refused = error { _ = try DirectoryStore(path: scratch.path, application: 0xbeef) }
        #expect(refused?.move == .configuration)
        #expect(refused?.description.contains("process \(getpid())") == true)
        _ = try DirectoryStore(path: scratch.path, application: 0xbee)
        #expect(store.makePort().poll() == nil)

        let other = Scratch()
        let lock = other.url.appendingPathComponent("0000beef/lock")
        try FileManager.default.createDirectory(
            at: lock.deletingLastPathComponent(), withIntermediateDirectories: true)
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = ["--no-fork", lock.path, "sleep", "600"]
        holder.standardOutput = FileHandle.nullDevice
        holder.standardError = FileHandle.nullDevice
        try holder.run()
        defer { holder.terminate() }
        let isKept = eventually {
            // Asked through the tool as well, so that a lock of ours does not get in its way.
            let probe = Process()
            probe.executableURL = holder.executableURL
            probe.arguments = ["-n", lock.path, "true"]
            try? probe.run()
            probe.waitUntilExit()
            return probe.terminationStatus != 0
        }
        try #require(isKept)
        let kept = error { _ = try DirectoryStore(path: other.path, application: 0xbeef) }
        #expect(
            kept?.text.contains("uses this state directory") == true, "\(String(describing: kept))")
    }

    @Test("a directory that cannot be made or written is a configuration error that names it")
    func unwritable() throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(at: scratch.url, withIntermediateDirectories: true)
        let file = scratch.url.appendingPathComponent("file")
        try Data([1]).write(to: file)
        let under = error { _ = try DirectoryStore(path: file.path, application: 1) }
        #expect(under?.move == .configuration)
        #expect(under?.description.contains(file.path) == true, "\(String(describing: under))")
        // Not even root writes here.
        let system = error { _ = try DirectoryStore(path: "/proc/stillwatch", application: 1) }
        #expect(system?.move == .configuration, "\(String(describing: system))")
    }

    @Test(
        "a full disk fails the snapshot, leaves nothing of it, and keeps the older ones; with room it goes on"
    )
    func fullDisk() throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(at: scratch.url, withIntermediateDirectories: true)
        guard run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "none", scratch.path]) else {
            let text = "\n*** SKIPPED: the full disk. Mounting a tmpfs is not permitted here.\n\n"
            FileHandle.standardError.write(Data(text.utf8))
            return
        }
        defer { _ = run("/usr/bin/umount", ["-l", scratch.path]) }
        let store = try DirectoryStore(path: scratch.path, application: 0xbeef)
        let port = store.makePort()
        port.write(snapshot(task, 1, pages: [[1]]))
        port.publish(manifest(1))
        #expect(ends(port, 2).allSatisfy { $0.error == nil })
        port.write(snapshot(task, 2, pages: [Array(repeating: 2, count: 1_000_000)]))
        let failed = ends(port, 1)
        #expect(failed[0].id.sequence == 2)
        #expect(
            failed[0].error?.advice.contains("make room") == true && failed[0].error?.move == .retry
        )
        #expect(failed[0].error?.description.contains("make room") == true)
        #expect(scratch.files().count == 2)
        #expect(try everything(port, task).map(\.value) == [[1], manifest(1).value])
        #expect(run("/usr/bin/mount", ["-o", "remount,size=8m", scratch.path]))
        port.write(snapshot(task, 3, pages: [Array(repeating: 3, count: 1_000_000)]))
        #expect(ends(port, 1)[0].error == nil)
        // What is open stays writable; what is opened from now on is not.
        #expect(run("/usr/bin/mount", ["--bind", scratch.path, scratch.path]))
        defer { _ = run("/usr/bin/umount", ["-l", scratch.path]) }
        #expect(run("/usr/bin/mount", ["-o", "remount,ro,bind", scratch.path]))
        port.write(snapshot(task, 4, pages: [[4]]))
        let readOnly = ends(port, 1)[0].error
        #expect(
            readOnly?.text == String(cString: strerror(EROFS)) && readOnly?.move == .configuration)
        #expect(try everything(port, task).count == 3)
    }

    private func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
