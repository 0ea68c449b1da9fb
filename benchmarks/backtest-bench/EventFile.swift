import Glibc
import Primitives
import Simulation

/// Generated events, as lines in memory and in a temporary file that is removed at the end.
final class EventFile {
    /// All lines, each with its line feed.
    let bytes: ByteBuffer
    /// Each line without its line feed.
    let lines: [Range<Int>]
    /// The file.
    let path: String

    struct CannotWrite: Error {}

    /// Generates `scenario`.
    init(_ scenario: Scenario, events: Int) throws {
        let generator = Generator(scenario)
        var bytes = ByteBuffer(capacity: 700 * events)
        var lines: [Range<Int>] = []
        lines.reserveCapacity(events)
        while generator.next() {
            let start = bytes.count
            generator.event.writeJSON(into: &bytes)
            lines.append(start..<bytes.count)
            bytes.append(0x0A)
        }
        self.bytes = bytes
        self.lines = lines
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(directory)/stillwatch-bench-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw CannotWrite() }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = write(descriptor, bytes.base + written, bytes.count - written)
            guard count > 0 else { throw CannotWrite() }
            written += count
        }
    }

    deinit { unlink(path) }

    /// The bytes of a line.
    func line(_ range: Range<Int>) -> ByteSlice {
        ByteSlice(start: bytes.base + range.lowerBound, count: range.count)
    }
}
