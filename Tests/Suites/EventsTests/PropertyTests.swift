import Events
import Primitives
import TestSupport
import Testing

/// Whatever stands in an optional place, the request counts for its account, and nothing else changes.
@Suite struct PropertyTests {
    /// A place of the base event that a trial fills, and what may change by it.
    struct Place {
        var name: String
        var field: EventField?
        /// The member's object, for fingerprints and signals.
        var parent: String?
    }

    static let fields: [(String, String)] = [
        ("time", "1780000000000"), ("account", "\"a1\""), ("id", "\"r1\""),
        ("organization", "\"o\""),
        ("end_user", "\"u\""), ("api_key", "\"k\""), ("session", "\"s\""), ("access_path", "\"p\""),
        ("plan", "\"pro\""), ("model", "\"m\""), ("operation", "\"chat\""), ("status", "200"),
        ("turn", "2"), ("input_tokens", "10"), ("output_tokens", "20"), ("cached_tokens", "3"),
        ("reasoning_tokens", "4"), ("max_tokens", "5"), ("latency_ms", "6"),
        ("account_created", "1700000000000"),
    ]
    static let fingerprints = [
        ("payment", "\"p1\""), ("device", "\"d1\""), ("ip", "\"10.0.0.1\""),
        ("user_agent", "\"x\""),
    ]
    static let signals = [("score", "0.5"), ("task", "\"coding\""), ("flag", "true")]

    static let places: [Place] =
        fields.dropFirst(2).map { Place(name: $0.0, field: EventField(name: $0.0)) }
        + fingerprints.map { Place(name: $0.0, field: .fingerprints, parent: "fingerprints") }
        + signals.map { Place(name: $0.0, field: .signals, parent: "signals") }
        + ["fingerprints", "signals"].map { Place(name: $0, field: EventField(name: $0)) }
        + [
            Place(name: "unknown"),
            Place(name: "other", field: .fingerprints, parent: "fingerprints"),
            Place(name: "other", field: .signals, parent: "signals"),
        ]

    /// The base event with `value` in `place`, sometimes behind another value there.
    static func document(
        _ place: Place, _ maker: inout ValueMaker, mapped: Bool, into out: inout ByteBuffer
    ) {
        var isFirst = true
        func name(_ text: String, _ out: inout ByteBuffer) {
            out.append(text: isFirst ? "{\"" : ",\"")
            isFirst = false
            out.append(text: mapped && text == "model" ? "x\":{\"m\":0,\"deep" : text)
            out.append(text: "\":")
        }
        func put(_ members: [(String, String)], parent: String?, _ out: inout ByteBuffer) {
            for (key, value) in members where place.name != key || place.parent != parent {
                name(key, &out)
                out.append(text: value)
                if mapped, key == "model" { out.append(UInt8(ascii: "}")) }
            }
        }
        func fill(_ out: inout ByteBuffer) {
            for _ in 0...(maker.below(8) == 0 ? 1 : 0) {
                name(place.name, &out)
                maker.put(depth: 0, into: &out)
                if mapped, place.name == "model", place.parent == nil {
                    out.append(UInt8(ascii: "}"))
                }
            }
        }
        let isAhead = maker.below(2) == 0
        if place.parent == nil, isAhead { fill(&out) }
        put(fields, parent: nil, &out)
        for (parent, members) in [("fingerprints", fingerprints), ("signals", signals)]
        where place.name != parent {
            name(parent, &out)
            isFirst = true
            if place.parent == parent, isAhead { fill(&out) }
            put(members, parent: parent, &out)
            if place.parent == parent, !isAhead { fill(&out) }
            out.append(UInt8(ascii: "}"))
            isFirst = false
        }
        if place.parent == nil, !isAhead { fill(&out) }
        out.append(UInt8(ascii: "}"))
    }

    /// Decodes batches of documents with a decoder that has met a large one, and expects no allocation.
    func check(
        _ decoder: inout EventDecoder, batches: Int, base: [UInt8],
        _ make: (inout ByteBuffer) -> Int
    ) throws {
        let large = base + [UInt8](repeating: 0x20, count: decoder.format == .json ? 1 << 20 : 0)
        #expect(decoding(large, with: &decoder) { _ in } == .event)
        var base = Kept()
        _ = decoding(Array(large), with: &decoder) { base = Kept($0) }
        for _ in 0..<batches {
            var out = ByteBuffer(capacity: 1 << 20)
            var ends: [(end: Int, place: Int)] = []
            for _ in 0..<1000 {
                let place = make(&out)
                ends.append((out.count, place))
            }
            var failed: Int?
            let count = allocations {
                var start = 0
                for i in 0..<ends.count {
                    let record = ByteSlice(rebasing: out.bytes[start..<ends[i].end])
                    start = ends[i].end
                    if decoder.decode(record) != .event
                        || !base.agrees(decoder.event, but: Self.mask(ends[i].place))
                    {
                        failed = failed ?? i
                    }
                }
            }
            #expect(count == nil || count == 0, "\(count ?? 0) allocations")
            if let failed {
                let start = failed == 0 ? 0 : ends[failed - 1].end
                let bytes = Array(out.bytes[start..<ends[failed].end])
                Issue.record("\(String(decoding: bytes, as: UTF8.self)) \(bytes)")
                return
            }
        }
    }

    /// Bits of the fields, and of the kinds (32 and up) and signals (48 and up), that a place may change.
    static func mask(_ place: Int) -> UInt64 {
        let place = places[place]
        var mask: UInt64 = place.field.map { 1 << UInt64($0.rawValue) } ?? 0
        if place.parent == nil, place.field == .fingerprints { mask |= 0xF << 32 }
        if place.parent == nil, place.field == .signals { mask |= 0x7 << 48 }
        if place.parent == "fingerprints",
            let kind = TrackedNames.sample.kinds.firstIndex(of: place.name)
        {
            mask |= 1 << UInt64(32 + kind)
        }
        if place.parent == "signals",
            let signal = TrackedNames.sample.signals.firstIndex(of: place.name)
        {
            mask |= 1 << UInt64(48 + signal)
        }
        return mask
    }

    @Test(arguments: [(false, 500), (true, 200)])
    func `any JSON value in an optional place leaves the request`(
        _ mapped: Bool, _ batches: Int
    ) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("property seed \(seed)")
        var maker = ValueMaker(seed)
        var map = FieldMap(.stillwatch)
        if mapped { try map.set("model", pointers: ["/x/deep", "/y/other"]) }
        var decoder = try EventDecoder(
            fieldMap: map, tracked: .sample, limits: DecoderLimits(maxBytes: 4 << 20))
        var whole = ByteBuffer()
        Self.document(Place(name: ""), &maker, mapped: mapped, into: &whole)
        // The document of no place has one unknown member, of the empty name.
        try check(&decoder, batches: batches, base: whole.array()) { out in
            let place = Int(maker.below(UInt64(Self.places.count)))
            Self.document(Self.places[place], &maker, mapped: mapped, into: &out)
            return place
        }
    }

    @Test func `any value of any wire type in an optional field leaves the request`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("property seed \(seed)")
        var maker = ValueMaker(seed)
        let base = ProtobufTests.whole
        var decoder = try EventDecoder(
            format: .protobuf, tracked: .sample, limits: DecoderLimits(maxBytes: 4 << 20))
        let padding = Message().bytes(1000, [UInt8](repeating: 0, count: 1 << 20))
        #expect(decoding(base.bytes + padding.bytes, with: &decoder) { _ in } == .event)
        try check(&decoder, batches: 300, base: base.bytes) { out in
            let place = Int(maker.below(UInt64(Self.places.count)))
            let extra = maker.message(Self.places[place])
            let parts = maker.below(2) == 0 ? [base.bytes, extra] : [extra, base.bytes]
            for part in parts { part.withUnsafeBytes { out.append($0) } }
            return place
        }
    }
}

/// An event copied out, to be compared without allocating.
struct Kept {
    private var texts: [[UInt8]?] = []
    private var numbers: [Int64?] = []
    private var kinds: [[UInt8]?] = []
    private var signals: [[UInt8]?] = []
    private var time: Int64 = 0
    private var created: Int64?

    init() {}

    init(_ event: Event) {
        texts =
            [Array(event.account)] + StringField.allCases.map { event.string($0).map { Array($0) } }
        numbers = NumberField.allCases.map { event.number($0) }
        kinds = (0..<4).map { Self.fingerprint($0, event).map { Array($0) } }
        signals = (0..<3).map { Self.signal($0, event).map { Array($0) } }
        time = event.time.ms
        created = event.accountCreated?.ms
    }

    static func fingerprint(_ kind: Int, _ event: Event) -> ByteSlice? {
        for i in 0..<event.fingerprintCount where event.fingerprintKind(i) == kind {
            return event.fingerprintValue(i)
        }
        return nil
    }

    static func signal(_ name: Int, _ event: Event) -> ByteSlice? {
        for i in 0..<event.signalCount where event.signalIndex(i) == name {
            return event.signalText(i)
        }
        return nil
    }

    private static func equal(_ kept: [UInt8]?, _ found: ByteSlice?) -> Bool {
        guard let kept, let found else { return kept == nil && found == nil }
        return kept.count == found.count && kept.withUnsafeBytes { $0.elementsEqual(found) }
    }

    /// Whether all but what `mask` names is the same, no flaw is of another field, and what is there is in range.
    func agrees(_ event: Event, but mask: UInt64) -> Bool {
        guard event.time.ms == time, Self.equal(texts[0], event.account) else { return false }
        guard UInt64(event.flawedFields) & ~mask == 0 else { return false }
        for field in StringField.allCases {
            let found = event.string(field)
            if let found, !(1...512).contains(found.count) { return false }
            if mask & 1 << UInt64(field.rawValue) != 0 { continue }
            if !Self.equal(texts[Int(field.rawValue)], found) { return false }
        }
        for field in NumberField.allCases {
            let found = event.number(field)
            if let found, found.magnitude > 4_294_967_295 { return false }
            if mask & 1 << UInt64(field.rawValue) != 0 { continue }
            if numbers[Int(field.rawValue) - 10] != found { return false }
        }
        if mask & 1 << 19 == 0, event.accountCreated?.ms != created { return false }
        for kind in 0..<4 where mask & 1 << UInt64(32 + kind) == 0 {
            if !Self.equal(kinds[kind], Self.fingerprint(kind, event)) { return false }
        }
        for name in 0..<3 where mask & 1 << UInt64(48 + name) == 0 {
            if !Self.equal(signals[name], Self.signal(name, event)) { return false }
        }
        return true
    }
}
