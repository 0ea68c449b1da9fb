import Events
import Testing

@Suite struct HostileTests {
    @Test func `a valid event cut anywhere is malformed`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        let bytes = Array(JSONTests.full.utf8)
        for count in 1..<bytes.count {
            let result = decoding(Array(bytes[..<count]), with: &decoder) { _ in }
            #expect(result != .event, "cut at \(count)")
        }
    }

    @Test func `five megabytes of anything are survived`() throws {
        var decoder = try EventDecoder(limits: DecoderLimits(maxBytes: 8 << 20))
        for filler in ["[", "{\"a\":", "\"", "\\", "1", ",", " ", "\u{0}", "{", "é"] {
            let bytes = Array(String(repeating: filler, count: 5_000_000 / filler.utf8.count).utf8)
            #expect(decoding(bytes, with: &decoder) { _ in } != .event)
        }
        let keys = (0..<200_000).map { "\"k\($0)\":[\($0)]" }.joined(separator: ",")
        #expect(decoding(Array(event(keys).utf8), with: &decoder) { _ in } == .event)
        #expect(decoding(Array(event().utf8), with: &decoder) { _ in } == .event)
    }

    /// Mutants must not crash; those accepted must hold an account and a time in range.
    @Test(arguments: EventFormat.allCases) func `mutants are decoded or rejected`(
        _ format: EventFormat
    )
        throws
    {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("mutation seed \(seed)")
        var random = SplitMix(seed)
        var decoder = try EventDecoder(format: format, tracked: .sample)
        let message = ProtobufTests.message.bytes
        let base = format == .json ? Array(JSONTests.full.utf8) : message
        let alphabet =
            Array("{}[]:,\"\\0123456789.eE+-truefalsn \n\u{1}u".utf8) + [0x80, 0xC3, 0xFF]
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0...(random.next() % 3) {
                let at = Int(random.next() % UInt64(bytes.count))
                let byte =
                    random.next() % 2 == 0
                    ? alphabet[Int(random.next() % UInt64(alphabet.count))]
                    : UInt8(truncatingIfNeeded: random.next())
                switch random.next() % 4 {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                case 2: bytes.remove(at: at)
                default: bytes.replaceSubrange(at..<min(bytes.count, at + 9), with: [byte])
                }
                if bytes.isEmpty { bytes = base }
            }
            let result = decoding(bytes, with: &decoder) { event in
                accepted += 1
                #expect((1...256).contains(event.account.count))
                #expect((946_684_800_000..<4_102_444_800_000).contains(event.time.ms))
                #expect(!Copied(event).fields.isEmpty)
                #expect(String(validating: event.account, as: UTF8.self) != nil)
            }
            if result == .rejected(.oversized) { Issue.record("not oversized") }
        }
        #expect(accepted > 0)
    }
}

/// A small generator, so that a printed seed repeats a run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
