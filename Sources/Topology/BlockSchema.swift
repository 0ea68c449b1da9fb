import Primitives

extension BlockFormat {
    /// The schema section of a plan.
    static func schema(of plan: TopologyPlan) -> [UInt8] {
        var buffer = ByteBuffer()
        func name(_ text: String, _ buffer: inout ByteBuffer) {
            buffer.append(UInt8(clamping: text.utf8.count))
            buffer.append(text: text)
        }
        buffer.append(UInt8(plan.kinds.count))
        for kind in plan.kinds { name(kind.name, &buffer) }
        for schema in [plan.accounts, plan.fingerprints] {
            buffer.append(UInt8(schema.measures.count))
            for measure in schema.measures { name(measure, &buffer) }
            let dimensions = wireDimensions(of: schema)
            buffer.append(UInt8(dimensions.count))
            for dimension in dimensions {
                buffer.append(dimension.isNamed ? 1 : 0)
                name(dimension.name, &buffer)
            }
        }
        return buffer.array()
    }
}
