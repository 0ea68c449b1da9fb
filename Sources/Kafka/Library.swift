import CRdkafka

/// The librdkafka this process runs on, which may be newer than the one it was built with.
public enum Library {
    /// A release of librdkafka.
    public struct Version: Comparable, Sendable, CustomStringConvertible {
        /// Major, minor and revision packed as `0x00MMmmrr`.
        let packed: Int32

        /// The release `major.minor.revision`.
        public init(_ major: Int32, _ minor: Int32, _ revision: Int32) {
            packed = major << 16 | minor << 8 | revision
        }

        /// From `rd_kafka_version()`, whose last byte counts candidates.
        init(rdkafka: Int32) { packed = (rdkafka >> 8) & 0xff_ffff }

        /// By release.
        public static func < (a: Version, b: Version) -> Bool { a.packed < b.packed }

        /// Such as `2.0.2`.
        public var description: String {
            "\(packed >> 16).\((packed >> 8) & 0xff).\(packed & 0xff)"
        }
    }

    /// The running library's release.
    public static let version = Version(rdkafka: rd_kafka_version())

    /// Whether the running library knows the property `name`.
    public static func knows(property name: String) -> Bool {
        guard let configuration = rd_kafka_conf_new() else { return false }
        defer { rd_kafka_conf_destroy(configuration) }
        var size = 0
        return rd_kafka_conf_get(configuration, name, nil, &size) == RD_KAFKA_CONF_OK
    }

    /// The names of all properties of the running library that have a value by themselves.
    public static var propertyNames: [String] {
        guard let configuration = rd_kafka_conf_new() else { return [] }
        defer { rd_kafka_conf_destroy(configuration) }
        var count = 0
        guard let pairs = rd_kafka_conf_dump(configuration, &count) else { return [] }
        defer { rd_kafka_conf_dump_free(pairs, count) }
        return stride(from: 0, to: count, by: 2).compactMap {
            pairs[$0].map { String(cString: $0) }
        }
    }

    /// Whether a broker thread sleeps up to a second once a consumer's queue was full; a `Waker` helps.
    public static let stallsWhenFull = !knows(property: "fetch.queue.backoff.ms")

    /// Whether cooperative rebalances are free of the known wrong owners, hangs and crashes.
    public static let rebalancesCooperatively = version >= Version(2, 6, 1)

    /// Tells glibc to keep freed memory: fetch buffers come and go, and page faults on fresh ones cost
    /// up to half of the consumer's time. Call it once, at the start of the program.
    ///
    /// - Returns: false when the C library refused a setting.
    @discardableResult
    public static func tuneAllocator() -> Bool {
        let threshold = mallopt(M_MMAP_THRESHOLD, 32 << 20)
        let trim = mallopt(M_TRIM_THRESHOLD, 1 << 30)
        let pad = mallopt(M_TOP_PAD, 64 << 20)
        return threshold == 1 && trim == 1 && pad == 1
    }
}
