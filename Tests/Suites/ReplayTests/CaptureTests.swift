import Glibc
import Primitives
import Replay
import TestSupport
import Testing

@Suite("Captures")
struct CaptureTests {
    /// A record of a topic.
    private struct Record: Equatable {
        var bytes: [UInt8]
        var timestampMs: Int64?
    }

    /// Records with line feeds, bytes that are no text, none at all, and times that go back.
    private func records(_ count: Int, seed: UInt64) -> [Record] {
        var random = TestRandom(seed: seed)
        return (0..<count).map { number in
            let size = [0, 1, 700, 70_000].randomElement(using: &random) ?? 0
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            let time = Int64.random(in: 0...1_780_000_000_000, using: &random)
            return Record(bytes: bytes, timestampMs: number % 7 == 0 ? nil : time)
        }
    }

    private func write(_ records: ArraySlice<Record>, _ writer: CaptureWriter) throws {
        for (index, record) in zip(records.indices, records) {
            try record.bytes.withUnsafeBytes {
                // Offsets have holes, as where transactions ended.
                try writer.append($0, offset: Int64(index * 3), timestampMs: record.timestampMs)
            }
        }
    }

    private func read(_ source: CaptureSource) throws -> [Record] {
        var records: [Record] = []
        while try source.read(10, { records.append(Record(bytes: Array($0), timestampMs: $1)) }) {}
        return records
    }

    @Test("records, timestamps and offsets come back as they were, and zstd gives the lines")
    func roundTrip() throws {
        let seed = UInt64.random(in: 1...9_999)
        let written = records(300, seed: seed)
        let file = TemporaryFile("")
        let writer = try CaptureWriter(file.path)
        try write(written[...], writer)
        let summary = try writer.finish()
        #expect(summary.records == 300 && summary.offsets == 0...897)
        #expect(try CaptureWriter.describe(file.path) == summary, "seed \(seed)")
        let source = CaptureSource(name: "t[0]", paths: [file.path], bytes: summary.bytes)
        #expect(try read(source) == written, "seed \(seed)")
        #expect(source.place(ofRecord: 299) == "t[0]@897")
        let text = InputText(path: file.path)
        let lines = written.flatMap { (record) -> [UInt8] in record.bytes + [0x0A] }
        #expect(try text.all() == lines, "seed \(seed)")
    }

    @Test("a file that was cut anywhere is gone on with behind its last whole part")
    func goesOn() throws {
        let written = records(400, seed: 5)
        let whole = TemporaryFile("")
        let first = try CaptureWriter(whole.path)
        try write(written[...], first)
        _ = try first.finish()
        let bytes = try fileBytes(whole.path)
        for cut in [0, 5, 100, bytes.count / 3, bytes.count / 2, bytes.count - 1] {
            let file = TemporaryFile("")
            let partial = CaptureWriter.unfinished(file.path)
            try writeFile(Array(bytes[..<cut]), to: partial)
            let kept = CaptureWriter.wholeParts(of: partial)
            let next = kept.offsets.map { Int($0.upperBound) / 3 + 1 } ?? 0
            #expect(next == kept.records)
            let writer = try CaptureWriter(file.path)
            try write(written[next...], writer)
            let summary = try writer.finish()
            #expect(summary.records == 400 && access(partial, F_OK) != 0)
            let source = CaptureSource(name: "t[0]", paths: [file.path], bytes: summary.bytes)
            #expect(try read(source) == written, "cut at \(cut)")
        }
    }

    @Test("a byte that was changed is found, with the place in the file")
    func damage() throws {
        let file = TemporaryFile("")
        let writer = try CaptureWriter(file.path)
        try write(records(50, seed: 2)[...], writer)
        _ = try writer.finish()
        let bytes = try fileBytes(file.path)
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            var changed = bytes
            changed[place] ^= 0x40
            let other = TemporaryFile(changed)
            let source = CaptureSource(name: "t[0]", paths: [other.path], bytes: changed.count)
            let error = #expect(throws: InputError.self) { try read(source) }
            #expect("\(error as Any)".contains(other.path))
        }
    }

    private func fileBytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private func writeFile(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "wb"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    /// What any reader of zstd gives of a file.
    private struct InputText {
        let path: String

        func all() throws -> [UInt8] {
            var file = try InputFile(path: path)
            var bytes: [UInt8] = []
            let space = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
            defer { space.deallocate() }
            while true {
                let count = try file.read(into: space, capacity: 1 << 16)
                if count == 0 { return bytes }
                bytes += UnsafeRawBufferPointer(start: space, count: count)
            }
        }
    }
}
