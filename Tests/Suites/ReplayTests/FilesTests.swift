import Glibc
import Primitives
import Replay
import TestSupport
import Testing

@Suite("Files")
struct FilesTests {
    /// The lines of a file, or how reading ended.
    static func lines(
        _ bytes: [UInt8], maxLine: Int = 1 << 20
    ) throws -> (lines: [[UInt8]], error: InputError?) {
        let file = TemporaryFile(bytes)
        var reader = RecordReader(try InputFile(path: file.path), maxRecord: maxLine)
        var lines: [[UInt8]] = []
        do throws(InputError) {
            while let line = try reader.next() { lines.append(Array(line)) }
        } catch {
            return (lines, error)
        }
        return (lines, nil)
    }

    static func texts(_ text: String, maxLine: Int = 1 << 20) throws -> [String] {
        try lines(Array(text.utf8), maxLine: maxLine).lines.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// What `zstd` makes of the bytes; nil where the program is missing.
    static func compressed(
        _ bytes: [UInt8], _ options: String = "", program: String = "zstd"
    ) -> [UInt8]? {
        let input = TemporaryFile(bytes)
        let command = "\(program) -q -c \(options) \(input.path) 2>/dev/null"
        guard let pipe = popen(command, "r") else {
            return nil
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let n = fread(&buffer, 1, buffer.count, pipe)
            if n == 0 { break }
            output += buffer[0..<n]
        }
        return pclose(pipe) == 0 ? output : nil
    }

    @Test("lines end at line feeds, with or without carriage return, and at the end of the file")
    func lineEnds() throws {
        #expect(try Self.texts("") == [])
        #expect(try Self.texts("a") == ["a"])
        #expect(try Self.texts("a\n") == ["a"])
        #expect(try Self.texts("a\nb") == ["a", "b"])
        #expect(try Self.texts("a\r\nb\r\n") == ["a", "b"])
        #expect(try Self.texts("a\r\nb\r") == ["a", "b"])
        #expect(try Self.texts("\n\n\r\n \nx\n\n") == ["x"])
        #expect(try Self.texts("a\rb\n") == ["a\rb"])
        #expect(try Self.texts("a\0b\n\0\n") == ["a\0b"])
        for short in ["{}", "{}\n", "{}\r\n"] {
            #expect(try Self.texts(short).count == 1, "\(short.debugDescription)")
        }
    }

    @Test(
        "a line of the limit passes, one byte more is lent cut so that it is refused as oversized")
    func limit() throws {
        for maxLine in [1, 10, 1000] {
            let fits = String(repeating: "x", count: maxLine)
            for end in ["\n", "\r\n"] {
                #expect(try Self.texts(fits + end + "n", maxLine: maxLine) == [fits, "n"])
                let long = fits + "xyz" + end + "n" + end
                #expect(try Self.texts(long, maxLine: maxLine) == [fits + "x", "n"])
                // A carriage return where the line is cut is not the line's end.
                let tricky = fits + "\rrest" + end + "n"
                #expect(try Self.texts(tricky, maxLine: maxLine) == [fits + "\r", "n"])
            }
            #expect(try Self.texts(fits + "xx", maxLine: maxLine) == [fits + "x"])
        }
    }

    @Test("lines equal a naive split for random content, lengths and buffer borders")
    func matchesNaiveSplit() throws {
        var random = TestRandom(seed: 11)
        for round in 0..<6 {
            let maxLine = [100_000, 3_000_000][round % 2]
            var bytes: [UInt8] = []
            while bytes.count < 9 << 20 {
                let length = pow(Double(maxLine) * 3, Double.random(in: 0...1, using: &random))
                bytes += (0..<Int(length)).map {
                    UInt8(truncatingIfNeeded: $0 &* 7 &+ round) | 0x20
                }
                bytes += Bool.random(using: &random) ? [10] : [13, 10]
            }
            if round % 3 == 0 { bytes.removeLast() }
            var expected = bytes.split(separator: 10, omittingEmptySubsequences: false).map {
                line in
                Array((line.last == 13 ? line.dropLast() : line).prefix(maxLine + 1))
            }
            expected.removeAll { line in line.allSatisfy { $0 == 0x20 } }
            let found = try Self.lines(bytes, maxLine: maxLine)
            let same = found.lines == expected
            #expect(same && found.error == nil, "round \(round): \(found.lines.count) lines")
        }
    }

    @Test(
        "zstd files read as their text: with and without checksum, several frames, any size")
    func zstd() throws {
        // Sizes around the reader's buffer, so that a frame's last output does not fit.
        for size in [
            0, 1, 100, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (4 << 20) + 70_001, 13 << 20,
        ] {
            var text: [UInt8] = []
            text.reserveCapacity(size)
            for i in 0..<size { text.append(i % 1000 == 999 ? 10 : 0x61 + UInt8(i / 1000 % 26)) }
            let expected = try Self.lines(text).lines
            for options in ["", "--no-check", "--no-check --fast=5", "-19 --single-thread"]
            where size < 5 << 20 || options != "-19 --single-thread" {
                guard let packed = Self.compressed(text, options) else { return }
                let found = try Self.lines(packed)
                let same = found.lines == expected && found.error == nil
                #expect(same, "\(size) bytes, \(options): \(String(describing: found.error))")
                let twice = try Self.lines(packed + packed)
                let sameTwice =
                    twice.lines == (try Self.lines(text + text).lines) && twice.error == nil
                #expect(sameTwice, "two frames of \(size) bytes, \(options)")
                let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
                let behind = try Self.lines(skippable + packed)
                let sameBehind = behind.lines == expected && behind.error == nil
                #expect(sameBehind, "behind a skippable frame, \(size) bytes")
            }
        }
    }

    @Test("gzip files read as their text, several members and zeros behind them included")
    func gzip() throws {
        for size in [0, 1, 100, (1 << 20) - 1, (1 << 20) + 70_001, 13 << 20] {
            var text: [UInt8] = []
            text.reserveCapacity(size)
            for i in 0..<size { text.append(i % 1000 == 999 ? 10 : 0x61 + UInt8(i / 777 % 26)) }
            let expected = try Self.lines(text).lines
            let packed = try #require(Self.compressed(text, "-6", program: "gzip"))
            for zeros in [0, 1, 700_000] {
                let file = packed + [UInt8](repeating: 0, count: zeros)
                let found = try Self.lines(file)
                let same = found.lines == expected && found.error == nil
                #expect(same, "\(size) bytes, \(zeros): \(String(describing: found.error))")
            }
            let twice = try Self.lines(packed + packed)
            let sameTwice = twice.lines == (try Self.lines(text + text).lines) && twice.error == nil
            #expect(sameTwice, "two members of \(size) bytes")
        }
        let packed = try #require(Self.compressed(Array("{}\n".utf8), program: "gzip"))
        let trailing = try Self.lines(packed + Array("garbage".utf8))
        guard case .damaged(_, "gzip", packed.count, _) = trailing.error else {
            Issue.record("\(String(describing: trailing.error))")
            return
        }
    }

    @Test("files in formats that are not read are told by name, with what unpacks them")
    func foreign() throws {
        for (first, word) in [
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 1], "xz"), (Array("BZh91AY".utf8), "bzip2"),
            ([0x50, 0x4B, 0x03, 0x04, 0, 0], "zip"), ([0xFF, 0xFE, 0x7B, 0], "UTF-16"),
        ] {
            let file = TemporaryFile(first)
            do throws(InputError) {
                _ = try InputFile(path: file.path).size
                Issue.record("\(word) was opened")
            } catch {
                #expect(error.description.contains(word))
            }
        }
        let wide = try #require(Self.compressed([0xFE, 0xFF, 0, 0x7B], program: "gzip"))
        let found = try Self.lines(wide)
        #expect(found.error?.description.contains("UTF-16") == true)
    }

    @Test(
        "a truncated or damaged packed file gives its whole lines, then a typed error",
        arguments: ["zstd", "gzip"])
    func damaged(program: String) throws {
        var random = TestRandom(seed: 3)
        let text = (0..<2000).flatMap { Array("{\"n\":\($0 &* 7919)}\n".utf8) }
        guard let packed = Self.compressed(text, program: program) else { return }
        let all = try Self.lines(text).lines
        for cut in stride(from: 5, to: packed.count - 1, by: 97) {
            let found = try Self.lines(Array(packed[..<cut]))
            guard case .damaged(_, program, let offset, _) = found.error else {
                Issue.record("cut at \(cut): \(String(describing: found.error))")
                continue
            }
            #expect(offset <= cut && found.lines.count <= all.count)
            let same = Array(all.prefix(found.lines.count)) == found.lines
            #expect(same, "cut at \(cut)")
        }
        for _ in 0..<200 {
            var broken = packed
            let at = Int.random(in: 10..<packed.count, using: &random)
            broken[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let found = try Self.lines(broken)
            // The checksum covers the content: what is not reported is the same text.
            let same = found.lines == all
            #expect(found.error != nil || same, "bit flip at \(at)")
        }
    }

    @Test("a missing file and a directory are unreadable, with the system's reason")
    func unreadable() {
        for path in ["/nonexistent/file", "/"] {
            #expect(throws: InputError.self) { _ = try InputFile(path: path).size }
        }
    }

    @Test("blank lines are passed over and take no offset")
    func blankLines() throws {
        let file = TemporaryFile("\n{}\n\r\n[1]\n\n\nx")
        let source = try FileSource(path: file.path)
        var lines: [String] = []
        var more = true
        var calls = 0
        while more {
            more = try source.read(2) { line, stamp in
                #expect(stamp == nil)
                lines.append(String(decoding: line, as: UTF8.self))
            }
            calls += 1
        }
        #expect(lines == ["{}", "[1]", "x"])
        #expect(calls == 2)
        #expect(source.progress?.done == source.progress?.total)
    }
}
