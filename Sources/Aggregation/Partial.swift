import Primitives

/// What one ingest task saw of one entity (and of one tuple of its dimensions' values) in one pane.
///
/// A borrowed view into a block: the measures and values are in the order of the receiver's schema.
public struct Partial {
    /// One dimension's value.
    public struct Value {
        /// The value's hash; equal values hash equally everywhere.
        public var hash: UInt64
        /// The value as text; empty where the dimension is not named.
        public var name: ByteSlice
        /// The pane in which the value (an account) was created; 0 where unknown.
        public var born: UInt32
        /// Whether the events carried the dimension.
        public var isPresent: Bool

        /// No value.
        public static var absent: Value {
            Value(hash: 0, name: ByteSlice(start: nil, count: 0), born: 0, isPresent: false)
        }

        /// A value.
        public init(hash: UInt64, name: ByteSlice, born: UInt32, isPresent: Bool) {
            self.hash = hash
            self.name = name
            self.born = born
            self.isPresent = isPresent
        }
    }

    /// Hash of the entity's value, seeded with its kind.
    public var key: UInt64
    /// What sort of entity it is, by the receiver's kinds.
    public var kind: EntityKind
    /// The entity's value, 1 to 512 bytes.
    public var value: ByteSlice
    /// Sums, one per measure of the schema; the first is requests.
    public var measures: UnsafePointer<Int64>
    /// Values, one per dimension of the schema.
    public var values: UnsafePointer<Value>

    /// A partial over lent memory.
    public init(
        key: UInt64, kind: EntityKind, value: ByteSlice, measures: UnsafePointer<Int64>,
        values: UnsafePointer<Value>
    ) {
        self.key = key
        self.kind = kind
        self.value = value
        self.measures = measures
        self.values = values
    }
}
