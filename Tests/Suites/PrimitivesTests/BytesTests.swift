import Primitives
import TestSupport
import Testing

@Suite("Bytes")
struct BytesTests {
    @Test("what a buffer is given, a reader gives back, for random integers, varints and runs")
    func roundTrip() {
        var random = TestRandom(seed: 1)
        for _ in 0..<200 {
            var buffer = ByteBuffer(capacity: 1)
            var numbers: [UInt64] = []
            for i in 0..<100 {
                let number = random.next() >> UInt64.random(in: 0...63, using: &random)
                numbers.append(number)
                switch i % 4 {
                case 0: buffer.append(varint: number)
                case 1: buffer.append(integer: number)
                case 2: buffer.append(integer: UInt16(truncatingIfNeeded: number))
                default: buffer.append(text: String(number))
                }
            }
            var reader = ByteReader(buffer.bytes)
            for (i, number) in numbers.enumerated() {
                switch i % 4 {
                case 0: #expect(reader.varint() == number)
                case 1: #expect(reader.integer(UInt64.self) == number)
                case 2: #expect(reader.integer(UInt16.self) == UInt16(truncatingIfNeeded: number))
                default:
                    let text = String(number)
                    #expect(reader.bytes(text.utf8.count).map(Array.init) == Array(text.utf8))
                }
            }
            #expect(reader.remaining == 0)
            withExtendedLifetime(buffer.count) {}
        }
    }

    @Test("reading past the end, or a varint that does not fit, gives nil and never crashes")
    func pastTheEnd() {
        for bytes in [[], [0x80], [1, 2, 3], [UInt8](repeating: 0xFF, count: 30)] {
            bytes.withUnsafeBytes { slice in
                var reader = ByteReader(slice)
                #expect(reader.integer(UInt32.self) != nil || bytes.count < 4)
                reader = ByteReader(slice)
                #expect(reader.bytes(bytes.count + 1) == nil)
                #expect(reader.bytes(-1) == nil)
                #expect(reader.bytes(.max) == nil)
                if bytes.count != 3 { #expect(reader.varint() == nil) }
            }
        }
        let largest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]
        largest.withUnsafeBytes {
            var reader = ByteReader($0)
            #expect(reader.varint() == .max)
        }
    }

    @Test("hashes are XXH3-64 as published, with and without a seed")
    func hashes() {
        #expect(xxh3("") == 0x2D06_8005_38D3_94C2)
        #expect(xxh3("a") == 0xE6C6_32B6_1E96_4E1F)
        #expect(xxh3("a", seed: 1) != xxh3("a"))
        #expect(Kind.account.seed == xxh3("account"))
    }

    @Test("JSON texts: escapes, numbers and repaired UTF-8")
    func json() {
        func written(_ body: (inout JSONWriter) -> Void) -> String {
            var writer = JSONWriter(capacity: 1)
            body(&writer)
            return writer.buffer.string()
        }
        #expect(written { $0.value("a\"\\\n\r\t\u{1}é") } == "\"a\\\"\\\\\\n\\r\\t\\u0001é\"")
        #expect(written { $0.value(Int64.min) } == "-9223372036854775808")
        #expect(written { $0.value(Int64(0)) } == "0")
        #expect(written { $0.value(3.0) } == "3")
        #expect(written { $0.value(-0.0) } == "0")
        #expect(written { $0.value(0.1) } == "0.1")
        #expect(written { $0.value(1e300) } == "1e+300")
        #expect(written { $0.value(Double.nan) } == "null")
        #expect(written { $0.value(-Double.infinity) } == "null")
        #expect(
            written { writer in
                ([0x61, 0xFF, 0x62] as [UInt8]).withUnsafeBytes { writer.value(utf8: $0) }
            } == "\"a\u{FFFD}b\"")
        #expect(
            written {
                $0.beginArray()
                $0.value(true)
                $0.beginObject()
                $0.key("k")
                $0.value(false)
                $0.endObject()
                $0.endArray()
            } == "[true,{\"k\":false}]")
    }
}
