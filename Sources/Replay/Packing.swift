/// How a file is packed: told by its first bytes, whatever its name.
enum Packing: String {
    case gzip
    case zstd

    /// First bytes that tell.
    static let probeBytes = 6

    /// The packing of a file that begins with `first`; nil for text.
    init?(_ first: [UInt8]) {
        if first.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if first.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippable(first) {
            self = .zstd
        } else {
            return nil
        }
    }

    /// A frame that parallel zstd compressors write first.
    private static func isSkippable(_ first: [UInt8]) -> Bool {
        first.count >= 4 && first[0] & 0xF0 == 0x50 && first[1..<4] == [0x2A, 0x4D, 0x18]
    }

    /// What a file that begins with `first` is, where it is known and not read, and what unpacks it.
    static func foreign(_ first: [UInt8]) -> (format: String, remedy: String)? {
        formats.first { first.starts(with: $0.magic) }.map { ($0.format, $0.remedy) }
    }

    private static let formats: [(magic: [UInt8], format: String, remedy: String)] = [
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz data", "xz -dc"),
        (Array("BZh".utf8), "bzip2 data", "bzip2 -dc"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4 data", "lz4 -dc"),
        ([0xFF, 0x06, 0x00, 0x00, 0x73, 0x4E], "snappy data", "snzip -dc"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unzip -p"),
        ([0xFF, 0xFE], "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    ]
}
