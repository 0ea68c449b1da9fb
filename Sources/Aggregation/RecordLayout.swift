import Primitives

/// Where one dimension's numbers are kept in an entity's record.
struct DimensionLayout {
    /// Whether values are kept as text.
    let isNamed: Bool
    /// Panes a load bucket spans; 0 where no loads are kept.
    let bucketWidth: UInt32
    /// Panes over which loads can be asked; 0 where none are kept.
    let loadWindow: UInt32
    /// Bytes an entry of the sample takes.
    let entryStride: Int

    /// Load buckets that span the load window.
    static let bucketsPerWindow: UInt32 = 8
    /// Load buckets an entry keeps: the window's, and the one it straddles.
    static let buckets = 9

    /// Offset of the load buckets in an entry.
    var loadsOffset: Int { isNamed ? 20 : 16 }

    init(_ dimension: StateSchema.Dimension) {
        isNamed = dimension.isNamed
        loadWindow = dimension.loadWindow
        let buckets = Self.bucketsPerWindow
        bucketWidth =
            dimension.loadWindow == 0 ? 0 : max(1, (dimension.loadWindow + buckets - 1) / buckets)
        let loads = dimension.loadWindow == 0 ? 0 : 4 * Self.buckets
        entryStride = (16 + (dimension.isNamed ? 4 : 0) + loads + 7) & ~7
    }
}

/// The shape of the records of one entity class: a schema compiled to offsets.
///
/// A record is one run of bytes: header, one descriptor a dimension, the hour bitmap where it is kept, the
/// entity's value, its panes, then per dimension the sample's entries and their names. A cold entity (one
/// pane, one account, identifiers of 24 bytes, two dimensions) takes under 256 bytes with its index slot.
struct RecordLayout {
    let measures: Int
    let dimensions: Int
    /// One layout a dimension; owned by the store.
    let dimension: UnsafePointer<DimensionLayout>
    let tracksHours: Bool
    /// Panes after which nothing of an entity is asked but its age: no window, rounded out to the blocks it
    /// is counted in, reaches back further. So no answer depends on what other windows have kept.
    let retention: UInt32
    /// Panes after which its age is forgotten as well; not below `retention`.
    let memory: UInt32
    /// Panes after which a value's first pane with the entity is forgotten.
    let valueMemory: UInt32
    /// The finest pane level kept: the shortest window still sees `resolution` panes of it.
    let baseLevel: UInt8
    /// The most entries a sample holds.
    let sampleSize: Int

    /// Panes of a level kept before they merge in pairs: a window's error is at most one part in so many.
    static let resolution: UInt32 = 32
    static let headerSize = 40
    static let descriptorSize = 16
    static let hoursSize = 32
    static let hours: UInt32 = 168
    static let maxLevel: UInt8 = 20

    /// Bytes of one entry of the pane list.
    var paneStride: Int { 8 + 8 * measures }
    /// Offset of the hour bitmap.
    var hoursOffset: Int { Self.headerSize + Self.descriptorSize * dimensions }
    /// Offset of the entity's value.
    var keyOffset: Int { hoursOffset + (tracksHours ? Self.hoursSize : 0) }

    init(schema: StateSchema, paneWidth: PaneWidth, sampleSize: Int) {
        precondition(schema.measures.count <= StateSchema.limit, "too many measures")
        precondition(schema.dimensions.count <= StateSchema.limit, "too many dimensions")
        measures = schema.measures.count
        dimensions = schema.dimensions.count
        let space = UnsafeMutablePointer<DimensionLayout>.allocate(capacity: max(1, dimensions))
        for (i, dimension) in schema.dimensions.enumerated() {
            (space + i).initialize(to: DimensionLayout(dimension))
        }
        dimension = UnsafePointer(space)
        tracksHours = schema.tracksHours
        let longest = max(1, schema.maxWindow)
        var reach = longest + 1 << UInt32(Self.level(ofWindow: longest))
        for d in 0..<dimensions { reach = max(reach, space[d].loadWindow + space[d].bucketWidth) }
        retention = reach
        let aged = schema.tracksAge ? paneWidth.count(spanMs: StateSchema.firstSeenMemoryMs) : 0
        memory = max(reach, aged)
        valueMemory = paneWidth.count(spanMs: StateSchema.newAccountMs)
        baseLevel = Self.level(ofWindow: schema.minWindow)
        self.sampleSize = sampleSize
    }

    /// The largest level whose span is at most one part in `resolution` of a window: sums begin at a multiple
    /// of that span.
    @inline(__always)
    static func level(ofWindow window: UInt32) -> UInt8 {
        let span = window / resolution
        return span <= 1 ? 0 : min(maxLevel, UInt8(31 - span.leadingZeroBitCount))
    }

    /// Whether entities that no window reaches are remembered for their age.
    var remembersAge: Bool { memory > retention }

    /// Frees what the layout points at; the store calls it once.
    func deallocate() { dimension.deallocate() }
}
