import Events
import Primitives

/// Records that hold several events.
///
/// Such a record is read twice. The first pass asks a copy of the clock about every event, so that each jump
/// ahead but a last one is decided by the event behind it. Where the last event is a jump, the whole record
/// is set aside and the next record's first event decides; nothing of it is folded before. The second pass
/// folds. So what a record does follows from the clock before it and one more time alone, and an offset
/// covers all of a record or nothing.
extension IngestTask {
    /// What the first pass has found.
    struct Survey {
        /// The time of the record's first event.
        var first: EventTime?
        /// A jump no event is behind.
        var lastJump: EventTime?
        /// The highest time in front of it.
        var highest: EventTime?
    }

    /// Reads the record that `decoder` has begun; `verdict` is on its first element.
    @inline(never)
    mutating func ingestSplit(
        _ verdict: Decoded, _ bytes: ByteSlice, offset: Int64, timestampMs: Int64?,
        _ decoder: inout EventDecoder
    ) {
        var verdict = verdict
        var survey = survey(verdict, timestampMs, &decoder)
        if hasPendingJump {
            if let next = survey.first {
                settle(next: next, bytes, decoder: &decoder)
                // What was set aside has moved the clock.
                verdict = decoder.decode(bytes)
                survey = self.survey(verdict, timestampMs, &decoder)
            } else {
                countBehindJump(refusals(bytes, &decoder), decoder: &decoder)
            }
        }
        if let time = survey.lastJump {
            let record = PendingJump(
                offset: offset, timestampMs: timestampMs, time: time, highest: survey.highest)
            return setAside(record, bytes)
        }
        verdict = decoder.decode(bytes)
        foldSplit(verdict, bytes, offset: offset, timestampMs: timestampMs, &decoder)
    }

    /// Folds a record set aside of several events; `confirmed` is about its last jump.
    mutating func foldJump(
        _ verdict: Decoded, _ record: PendingJump, _ bytes: ByteSlice, confirmed: Bool,
        decoder: inout EventDecoder
    ) {
        _ = survey(verdict, record.timestampMs, &decoder)
        jumps.append(confirmed)
        let again = decoder.decode(bytes)
        foldSplit(
            again, bytes, offset: record.offset, timestampMs: record.timestampMs, &decoder)
    }

    /// Dead letters the record will make, and at least 1: what waits behind a record set aside is bounded.
    private func refusals(_ bytes: ByteSlice, _ decoder: inout EventDecoder) -> Int {
        var count = 0
        var verdict: Decoded? = decoder.decode(bytes)
        while let each = verdict {
            if case .rejected = each { count += 1 }
            verdict = decoder.next()
        }
        return max(1, count)
    }

    /// Asks a copy of the clock about every event, and decides about the jumps among them.
    private mutating func survey(
        _ verdict: Decoded, _ timestampMs: Int64?, _ decoder: inout EventDecoder
    ) -> Survey {
        var survey = Survey()
        var clock = clock
        jumps.removeAll(keepingCapacity: true)
        var each: Decoded? = verdict
        while let verdict = each {
            if verdict == .event {
                let time = decoder.event.time
                if survey.first == nil { survey.first = time }
                if let jump = survey.lastJump {
                    let confirmed = time.ms >= jump.ms - plan.timing.maxLatenessMs
                    jumps.append(confirmed)
                    if confirmed {
                        _ = clock.judge(jump, timestampMs: timestampMs, confirmed: true)
                    }
                    survey.lastJump = nil
                }
                if case .jump = clock.judge(time, timestampMs: timestampMs) {
                    survey.lastJump = time
                }
            }
            each = decoder.next()
        }
        survey.highest = clock.highest
        return survey
    }

    /// Folds the record's events; `jumps` says which jumps are confirmed.
    private mutating func foldSplit(
        _ verdict: Decoded, _ bytes: ByteSlice, offset: Int64, timestampMs: Int64?,
        _ decoder: inout EventDecoder
    ) {
        let before = (
            events: counts.processed, refused: counts.rejectedTotal, outside: counts.outside
        )
        var jump = 0
        var each: Decoded? = verdict
        while let verdict = each {
            switch verdict {
            case .event:
                fold(&jump, offset: offset, timestampMs: timestampMs, &decoder)
            case .rejected(let reason):
                rejectElement(reason, offset: offset, bytes, decoder)
            case .skipped: break
            }
            each = decoder.next()
        }
        counts.skipped += decoder.skipped
        let events = counts.processed - before.events
        let refused = counts.rejectedTotal - before.refused
        if events + refused > 0 || counts.outside == before.outside {
            counts.note(events: events, refused: refused)
        }
    }

    private mutating func fold(
        _ jump: inout Int, offset: Int64, timestampMs: Int64?, _ decoder: inout EventDecoder
    ) {
        let event = decoder.event
        var verdict = clock.judge(event.time, timestampMs: timestampMs)
        if clock.isOnTrial { note(verdict, event.time) }
        if case .jump = verdict {
            let confirmed = jump < jumps.count && jumps[jump]
            jump += 1
            verdict =
                confirmed
                ? clock.judge(event.time, timestampMs: timestampMs, confirmed: true) : .future
        }
        let bytes = decoder.elementBytes ?? ByteSlice(start: nil, count: 0)
        switch verdict {
        case .onTime(let pane):
            fold(event, pane: pane, offset: offset)
        case .late(let pane):
            if fold(event, pane: pane, offset: offset) { counts.late += 1 }
        case .tooLate:
            reject(.tooLate, .time, offset: offset, bytes, element: decoder.element)
        case .future, .jump:
            reject(.future, .time, offset: offset, bytes, element: decoder.element)
        }
    }

    private mutating func rejectElement(
        _ reason: RejectReason, offset: Int64, _ record: ByteSlice,
        _ decoder: borrowing EventDecoder
    ) {
        reject(
            reason, decoder.rejectedField, offset: offset, decoder.elementBytes ?? record,
            element: decoder.element, hint: decoder.hint)
    }
}

extension EventDecoder {
    /// What would help with the last rejection, where that is known.
    var hint: RefusalHint? { lacksZone ? .timezone : nil }
}
