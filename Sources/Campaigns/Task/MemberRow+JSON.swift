import Primitives

extension MemberRow {
    /// Writes the row of `account` as one object, without a newline: `account`, `campaign`, `class`, `since`,
    /// `confidence` (0 to 1) and `ties`; `closed` where the campaign is.
    public func write(account: [UInt8], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("account")
        account.withUnsafeBytes { writer.value(utf8: $0) }
        writer.key("campaign")
        writer.value(campaign.description)
        writer.key("class")
        writer.value(campaignClass.rawValue)
        writer.key("since")
        writer.value(since.ms)
        writer.key("confidence")
        writer.value(Double(confidence) / 100)
        writer.key("ties")
        writer.value(ties)
        if let closed {
            writer.key("closed")
            writer.value(closed.ms)
        }
        writer.endObject()
    }
}
