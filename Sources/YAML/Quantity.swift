/// Milliseconds of a duration such as `250ms`, `30s`, `10m`, `24h` or `35d`; nil for anything else.
///
/// A whole number and one unit, without spaces; at most 100,000 days.
public func durationMs(_ text: some StringProtocol) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let count = Int64(digits), let unit = unitMs(text.dropFirst(digits.count)) else {
        return nil
    }
    let (ms, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow || ms > 100_000 * 86_400_000 ? nil : ms
}

private func unitMs(_ unit: some StringProtocol) -> Int64? {
    switch unit {
    case "ms": 1
    case "s": 1000
    case "m": 60_000
    case "h": 3_600_000
    case "d": 86_400_000
    default: nil
    }
}

/// A duration as rules spell it: the largest unit that leaves no rest.
public func durationText(ms: Int64) -> String {
    if ms == 0 { return "0s" }
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where ms % Int64(size) == 0 {
        return "\(ms / Int64(size))\(unit)"
    }
    return "\(ms)ms"
}

/// Bytes of a size such as `512`, `64KiB`, `512MiB`, `2GiB` or `1TiB`; nil for anything else.
public func sizeBytes(_ text: some StringProtocol) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let units: [String: Int64] = [
        "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]
    guard let count = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] else {
        return nil
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    return overflow ? nil : bytes
}

/// A text that may span lines, on one line with single spaces.
public func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
