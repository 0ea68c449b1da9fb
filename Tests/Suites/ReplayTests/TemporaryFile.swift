import Glibc

/// A file that goes away with its owner.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8]) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
        var name = Array("\(folder)/stillwatch-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var written = 0
        while written < bytes.count {
            let n = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if n <= 0 { break }
            written += n
        }
        close(descriptor)
        precondition(written == bytes.count, "the disk is full")
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit { unlink(path) }
}
