import Primitives

extension Labels {
    /// The side file: JSON lines, one object each, `type` first.
    ///
    /// `farm`, `look_alike` and `ordinary` (one for each population), `fingerprint` (shared by
    /// accounts of a population), `account` (of farms, and of look-alikes), `bad_record` (count of
    /// a defect) and at the end `summary`. Some look-alikes have `admissible_class`, the class of
    /// campaign that may be said of them; accounts have `replaced` with the time another took their
    /// place.
    public func writeLines(into buffer: inout ByteBuffer) {
        var writer = JSONWriter(capacity: 1 << 16)
        for population in populations {
            write(population, &writer)
            for fingerprint in population.shared { write(fingerprint, population.id, &writer) }
            for account in population.accounts { write(account, population.id, &writer) }
        }
        for defect in Defect.allCases where badRecords[defect] > 0 {
            begin("bad_record", &writer)
            writer.key("reason")
            writer.value(defect.rawValue)
            writer.key("count")
            writer.value(badRecords[defect])
            end(&writer)
        }
        writeSummary(&writer)
        buffer.append(writer.buffer.bytes)
    }

    private func begin(_ type: String, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.value(type)
    }

    private func end(_ writer: inout JSONWriter) {
        writer.endObject()
        writer.newline()
    }

    private func write(_ population: Population, _ writer: inout JSONWriter) {
        let kind = population.spec.kind
        begin(kind.isFarm ? "farm" : kind.isLookAlike ? "look_alike" : "ordinary", &writer)
        writer.key("population")
        writer.value(population.id)
        writer.key("scenario")
        writer.value(kind.rawValue)
        writer.key("requests")
        writer.value(population.requests)
        if !population.accounts.isEmpty {
            writer.key("accounts")
            writer.value(population.accounts.count)
        }
        write(population.first, population.last, &writer)
        if kind.isFarm { writeFarm(population.spec, &writer) }
        if let admissible = kind.admissibleClass {
            writer.key("admissible_class")
            writer.value(admissible)
        }
        end(&writer)
    }

    private func write(_ first: EventTime?, _ last: EventTime?, _ writer: inout JSONWriter) {
        guard let first, let last else { return }
        writer.key("first")
        writer.value(first.ms)
        writer.key("last")
        writer.value(last.ms)
    }

    private func writeFarm(_ spec: PopulationSpec, _ writer: inout JSONWriter) {
        writer.key("evasions")
        writer.beginArray()
        for name in spec.evasions.names { writer.value(name) }
        writer.endArray()
        writer.key("accounts_per_card")
        writer.value(spec.evasions.contains(.identityIsolation) ? 1 : spec.accountsPerCard)
        writer.key("templates")
        writer.value(spec.templates)
    }

    private func write(
        _ fingerprint: Fingerprint, _ population: String, _ writer: inout JSONWriter
    ) {
        begin("fingerprint", &writer)
        writer.key("population")
        writer.value(population)
        writer.key("entity")
        writer.value(fingerprint.kind + ":" + fingerprint.value)
        writer.key("accounts")
        writer.value(fingerprint.accounts)
        writer.key("exclusive")
        writer.value(fingerprint.isExclusive)
        end(&writer)
    }

    private func write(_ account: Account, _ population: String, _ writer: inout JSONWriter) {
        begin("account", &writer)
        writer.key("population")
        writer.value(population)
        writer.key("account")
        writer.value(account.name)
        writer.key("requests")
        writer.value(account.requests)
        write(account.first, account.last, &writer)
        if let end = account.end {
            writer.key("replaced")
            writer.value(end.ms)
        }
        end(&writer)
    }

    private func writeSummary(_ writer: inout JSONWriter) {
        begin("summary", &writer)
        writer.key("seed")
        writer.value(String(seed))
        writer.key("records")
        writer.value(records)
        writer.key("bad_records")
        writer.value(badRecords.total)
        writer.key("farms")
        writer.value(populations.count { $0.spec.kind.isFarm })
        writer.key("farm_requests")
        writer.value(populations.reduce(0) { $0 + ($1.spec.kind.isFarm ? $1.requests : 0) })
        writer.key("look_alikes")
        writer.value(populations.count { $0.spec.kind.isLookAlike })
        end(&writer)
    }
}
