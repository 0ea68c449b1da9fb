import Primitives
import Replay
import YAML

/// What a capture holds: `capture.json` in its directory.
public struct CaptureManifest: Sendable, Equatable {
    /// A finished file of a partition.
    public struct File: Sendable, Equatable {
        /// Its name in the directory.
        public var name: String
        /// What is in it.
        public var summary: CaptureWriter.Summary
    }

    /// One partition.
    public struct Partition: Sendable, Equatable {
        /// What is captured of it.
        public var part: TopicRange.Part
        /// Its finished files, in the order of offsets.
        public var files: [File] = []
        /// What retention had taken.
        public var holes: [TopicSource.Hole] = []
    }

    /// What was asked for.
    public var request: TopicRequest
    /// Whether everything of the range is in the files.
    public var isComplete: Bool
    /// The partitions by number.
    public var partitions: [Partition]

    /// The gaps of a partition that its capture knows of.
    public func gaps(of partition: Partition) -> [Gap] {
        TopicSource.gaps(partition.holes, of: "\(request.topic)[\(partition.part.partition)]")
    }

    /// The manifest of a capture that begins.
    public init(_ range: TopicRange) {
        request = range.request
        isComplete = false
        partitions = range.parts.map { Partition(part: $0) }
    }

    /// The manifest's name in the directory.
    public static let name = "capture.json"
    /// The only format there is.
    static let format = "stillwatch-capture/1"

    /// The range that is captured.
    public var range: TopicRange { TopicRange(request, parts: partitions.map(\.part)) }

}

// MARK: As text

extension CaptureManifest {
    /// The manifest as JSON.
    public var text: String {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.member("format", Self.format)
        json.member("complete", isComplete)
        json.member("topic", request.topic)
        if let from = request.from { json.member("from", from.text) }
        if let to = request.to { json.member("to", to.text) }
        json.member("padding_before_ms", request.paddingBeforeMs)
        json.member("padding_after_ms", request.paddingAfterMs)
        json.key("partitions")
        json.beginArray()
        for partition in partitions { partition.write(to: &json) }
        json.endArray()
        json.endObject()
        json.newline()
        return json.buffer.string()
    }

    /// Reads a manifest; nil where it cannot be used, and `diagnostics` say why.
    public init?(_ text: SourceText, _ diagnostics: Diagnostics) {
        // A manifest of many files is larger than what people write.
        let limits = Limits(sizeBytes: 256 << 20, depth: 16, nodes: 20_000_000)
        guard let node = parseYAML(text, limits: limits, diagnostics: diagnostics).first,
            var fields = MappingReader(node, "a capture's manifest", diagnostics),
            let format = fields.required("format"), let complete = fields.flag("complete"),
            let topic = fields.text("topic"),
            let before = fields.integer("padding_before_ms", in: 0...Int64.max),
            let after = fields.integer("padding_after_ms", in: 0...Int64.max),
            let items = fields.required("partitions")?.items
        else { return nil }
        guard format.scalar?.text == Self.format else {
            diagnostics.error("a capture is '\(Self.format)' here", at: format)
            return nil
        }
        request = TopicRequest(
            topic: topic, from: fields.text("from").flatMap { RangeBound($0) },
            to: fields.text("to").flatMap { RangeBound($0) }, paddingBeforeMs: before,
            paddingAfterMs: after)
        isComplete = complete
        partitions = items.compactMap { Partition($0, diagnostics) }
        if diagnostics.hasErrors || partitions.count < items.count { return nil }
    }
}

extension CaptureManifest.Partition {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("partition", Int64(part.partition))
        json.member("start", part.offsets.lowerBound)
        json.member("end", part.offsets.upperBound)
        if let end = part.timedEnd { json.member("timed_end", end) }
        if let asked = part.asked { json.member("asked", asked) }
        json.member("begins_at_retention", part.beginsAtRetention)
        json.key("holes")
        json.beginArray()
        for hole in holes {
            json.beginObject()
            json.member("start", hole.offsets.lowerBound)
            json.member("end", hole.offsets.upperBound)
            if let ms = hole.beforeMs { json.member("before_ms", ms) }
            if let ms = hole.behindMs { json.member("behind_ms", ms) }
            json.endObject()
        }
        json.endArray()
        json.key("files")
        json.beginArray()
        for file in files { file.write(to: &json) }
        json.endArray()
        json.endObject()
    }

    fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
        let any = Int64.min...Int64.max
        guard var fields = MappingReader(node, "a partition of a capture", diagnostics),
            let number = fields.integer("partition", in: 0...Int64(Int32.max)),
            let start = fields.integer("start", in: any), let end = fields.integer("end", in: any),
            let begins = fields.flag("begins_at_retention"), start <= end,
            let files = fields.required("files")?.items,
            let holes = fields.required("holes")?.items
        else { return nil }
        part = TopicRange.Part(
            partition: Int32(number), offsets: start..<end,
            timedEnd: fields.integer("timed_end", in: any), asked: fields.integer("asked", in: any),
            beginsAtRetention: begins)
        self.files = files.compactMap { CaptureManifest.File($0, diagnostics) }
        self.holes = holes.compactMap { item in
            guard var fields = MappingReader(item, "a hole", diagnostics),
                let start = fields.integer("start", in: any),
                let end = fields.integer("end", in: any), start <= end
            else { return nil }
            return TopicSource.Hole(
                offsets: start..<end, beforeMs: fields.integer("before_ms", in: any),
                behindMs: fields.integer("behind_ms", in: any))
        }
        if self.files.count < files.count || self.holes.count < holes.count { return nil }
    }
}

extension CaptureManifest.File {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", name)
        json.member("records", Int64(summary.records))
        json.member("bytes", Int64(summary.bytes))
        if let offsets = summary.offsets {
            json.member("first_offset", offsets.lowerBound)
            json.member("last_offset", offsets.upperBound)
        }
        if let times = summary.times {
            json.member("first_ms", times.lowerBound)
            json.member("last_ms", times.upperBound)
        }
        json.member("xxh3", hexadecimal(summary.digest))
        json.endObject()
    }

    fileprivate init?(_ node: Node, _ diagnostics: Diagnostics) {
        guard var fields = MappingReader(node, "a file of a capture", diagnostics),
            let name = fields.text("name"), !name.contains("/"),
            let records = fields.integer("records", in: 0...Int64.max),
            let bytes = fields.integer("bytes", in: 0...Int64.max),
            let digest = fields.text("xxh3").flatMap({ UInt64($0, radix: 16) })
        else { return nil }
        self.name = name
        summary = CaptureWriter.Summary()
        summary.records = Int(records)
        summary.bytes = Int(bytes)
        summary.digest = digest
        summary.offsets = Self.range(&fields, "first_offset", "last_offset")
        summary.times = Self.range(&fields, "first_ms", "last_ms")
    }

    private static func range(
        _ fields: inout MappingReader, _ first: String, _ last: String
    ) -> ClosedRange<Int64>? {
        let any = Int64.min...Int64.max
        guard let first = fields.integer(first, in: any), let last = fields.integer(last, in: any),
            first <= last
        else { return nil }
        return first...last
    }
}
