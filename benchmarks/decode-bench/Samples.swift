import Primitives

/// Records of about 600 bytes of JSON, one account and five fingerprints each, and the same in Protobuf.
struct Samples {
    var json: [[UInt8]] = []
    var protobuf: [[UInt8]] = []

    init(count: Int) {
        for i in 0..<count {
            let request = Request(i)
            json.append(Array(request.json.utf8))
            protobuf.append(request.protobuf)
        }
    }
}

private struct Request {
    let time: Int64
    let texts: [(number: UInt64, name: String, value: String)]
    let numbers: [(number: UInt64, name: String, value: UInt64)]
    let fingerprints: [(kind: String, value: String)]

    init(_ i: Int) {
        let r = mix(UInt64(i))
        func hex(_ salt: UInt64) -> String { String(mix(r ^ salt), radix: 16) }
        time = 1_780_000_000_000 + Int64(i) * 37
        texts = [
            (2, "account", "acct_\(r % 1_000_000)"), (12, "id", "req_\(hex(1))\(hex(2))"),
            (9, "organization", "org_\(r % 50_000)"), (10, "api_key", "key_\(hex(3))"),
            (8, "model", "large-2026-05"), (13, "operation", "messages"),
            (14, "access_path", "first_party_api"), (15, "plan", "scale"),
        ]
        numbers = [
            (7, "status", 200), (5, "input_tokens", r % 9000), (6, "output_tokens", r % 2000),
            (18, "cached_tokens", r % 4000), (20, "max_tokens", 4096),
            (21, "latency_ms", r % 30_000),
        ]
        fingerprints = [
            ("payment", "pm_\(hex(4))"), ("device", "dev_\(hex(5))"),
            ("ip", "203.0.\(r % 256).\(r % 255)"),
            ("tls_ja4", "t13d1516h2_8daaf6152771_\(hex(6))"),
            ("prompt_template", "tpl_\(hex(7))\(hex(8))"),
        ]
    }

    var json: String {
        var members = ["\"time\":\(time)"]
        members += texts.map { "\"\($0.name)\":\"\($0.value)\"" }
        members += numbers.map { "\"\($0.name)\":\($0.value)" }
        let prints = fingerprints.map { "\"\($0.kind)\":\"\($0.value)\"" }
        members.append("\"fingerprints\":{\(prints.joined(separator: ","))}")
        members.append("\"signals\":{\"reasoning_elicitation\":true,\"task\":\"coding\"}")
        return "{\(members.joined(separator: ","))}"
    }

    var protobuf: [UInt8] {
        var message = ByteBuffer()
        func bytes(_ number: UInt64, _ content: [UInt8], into buffer: inout ByteBuffer) {
            buffer.append(varint: number << 3 | 2)
            buffer.append(varint: UInt64(content.count))
            content.withUnsafeBytes { buffer.append($0) }
        }
        message.append(varint: 1 << 3)
        message.append(varint: UInt64(time))
        for text in texts { bytes(text.number, Array(text.value.utf8), into: &message) }
        for number in numbers {
            message.append(varint: number.number << 3)
            message.append(varint: number.value)
        }
        for print in fingerprints {
            var entry = ByteBuffer()
            bytes(1, Array(print.kind.utf8), into: &entry)
            bytes(2, Array(print.value.utf8), into: &entry)
            bytes(3, entry.array(), into: &message)
        }
        return message.array()
    }
}
