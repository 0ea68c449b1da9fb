import Primitives

extension RawWriter {
    /// The most bytes a fingerprint's value takes.
    static let longestFingerprint = 48

    /// The value of `fingerprint` as events spell it.
    mutating func put(_ fingerprint: SimulatedFingerprint) {
        let number = fingerprint.number
        switch fingerprint.kind {
        case .payment: putTagged("pay_", number, salt: 1)
        case .device: putTagged("dev_", number, salt: 2)
        case .promptTemplate: putTagged("tpl_", number, salt: 3)
        case .systemPrompt: putTagged("sys_", number, salt: 4)
        case .toolSet: putTagged("tool_", number, salt: 5)
        // A blob has one spelling, whether it is issued or presented.
        case .reasoningBlobIn, .reasoningBlobOut: putTagged("blob_", number, salt: 7)
        case .tls: putPrint(mix(number ^ 6 << 40))
        case .cardBin: put(number: 400_000 + Int64(number))
        case .ip: put(address: UInt32(truncatingIfNeeded: number))
        case .subnet:
            put(address: UInt32(truncatingIfNeeded: number))
            put("/24")
        case .asn:
            put("AS")
            put(number: 64_500 + Int64(number))
        case .userAgent: putAgent(Int(number))
        case .emailDomain: putDomain(number)
        case .signupCohort:
            put("day")
            put(number: Int64(number))
        }
    }

    /// A tag and a hash; numbers of different kinds never look alike.
    @inline(__always)
    private mutating func putTagged(_ tag: StaticString, _ number: UInt64, salt: UInt64) {
        put(tag)
        putHex(mix(number ^ salt << 40))
    }

    /// In the shape of JA4: a readable part and two truncated hashes.
    private mutating func putPrint(_ hash: UInt64) {
        put("t13d1516h2_")
        putHex48(hash)
        put(UInt8(ascii: "_"))
        putHex48(mix(hash))
    }

    private mutating func putAgent(_ number: Int) {
        put(PublicPool.agents[number % PublicPool.agents.count])
        put(number: Int64(1 + number % 3))
        put(UInt8(ascii: "."))
        put(number: Int64(number / 8 % 60))
        put(".0")
    }

    private mutating func putDomain(_ number: UInt64) {
        if number < UInt64(PublicPool.mailDomains.count) {
            put(PublicPool.mailDomains[Int(number)])
        } else {
            put(UInt8(ascii: "d"))
            putHex48(mix(number))
            put(".example")
        }
    }
}
