import CZlib
import CZstd

/// Unpacks a gzip or zstd stream piece by piece, one member or frame after the other.
final class Unpacker {
    /// What one call did.
    struct Step {
        /// Packed bytes used up.
        var taken = 0
        /// Bytes of text written.
        var written = 0
        /// Why the stream cannot go on; nil where it can.
        var failure: String?
    }

    /// How the stream is packed.
    let packing: Packing
    /// Whether a member or frame has begun and not ended: the file may not end here.
    private(set) var isOpen = true
    private let zstd: OpaquePointer?
    /// By address: zlib keeps a pointer to it.
    private let zlib: UnsafeMutablePointer<z_stream>

    init(_ packing: Packing) {
        self.packing = packing
        zlib = .allocate(capacity: 1)
        zlib.initialize(to: z_stream())
        switch packing {
        case .zstd: zstd = ZSTD_createDStream()
        case .gzip:
            zstd = nil
            // 16 more than the window's bits: a gzip header and trailer, checked.
            let size = Int32(MemoryLayout<z_stream>.size)
            inflateInit2_(zlib, 16 + MAX_WBITS, ZLIB_VERSION, size)
        }
    }

    deinit {
        if let zstd { ZSTD_freeDStream(zstd) } else { inflateEnd(zlib) }
        zlib.deallocate()
    }

    /// Unpacks some of `input` into `output`, neither of which is empty.
    func step(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Step {
        zstd.map { frame($0, input, output) } ?? member(input, output)
    }

    private func frame(
        _ zstd: OpaquePointer, _ input: UnsafeRawBufferPointer,
        _ output: UnsafeMutableRawBufferPointer
    ) -> Step {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(zstd, &target, &source)
        guard ZSTD_isError(result) == 0 else {
            return Step(failure: String(cString: ZSTD_getErrorName(result)))
        }
        isOpen = result != 0
        return Step(taken: source.pos, written: target.pos)
    }

    private func member(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> Step {
        if !isOpen {
            // Tapes and some writers pad with zeros behind the last member.
            let zeros = input.prefix { $0 == 0 }.count
            if zeros > 0 { return Step(taken: zeros) }
            guard input.first == 0x1F else {
                return Step(failure: "what follows the end is no gzip data")
            }
            inflateReset(zlib)
            isOpen = true
        }
        return inflated(input, output)
    }

    private func inflated(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> Step {
        let base = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        zlib.pointee.next_in = UnsafeMutablePointer(mutating: base)
        zlib.pointee.avail_in = UInt32(clamping: input.count)
        zlib.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        zlib.pointee.avail_out = UInt32(clamping: output.count)
        let offered = (input: zlib.pointee.avail_in, output: zlib.pointee.avail_out)
        let code = inflate(zlib, Z_NO_FLUSH)
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            let reason = zlib.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)"
            return Step(failure: reason)
        }
        isOpen = code != Z_STREAM_END
        return Step(
            taken: Int(offered.input - zlib.pointee.avail_in),
            written: Int(offered.output - zlib.pointee.avail_out))
    }
}
