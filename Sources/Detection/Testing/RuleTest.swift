import Primitives

/// One event of a rule's own test, plain enough to feed any engine.
public struct RuleTestEvent: Equatable, Sendable {
    /// A signal's value.
    public enum Signal: Equatable, Sendable {
        /// A number; `true` is 1 and `false` 0.
        case number(Int64)
        /// A text.
        case text(String)
    }

    /// When it happened.
    public var time: EventTime
    /// Who made the request.
    public var account: String
    /// When the account was created, where the test says so.
    public var accountCreated: EventTime?
    /// Fingerprints, in the order of the test.
    public var fingerprints: [(kind: String, value: String)]
    /// Text fields: `organization`, `model`, ...
    public var strings: [(field: String, value: String)]
    /// Number fields: `status`, `output_tokens`, ...
    public var numbers: [(field: String, value: Int64)]
    /// Verdicts of upstream classifiers.
    public var signals: [(name: String, value: Signal)]

    /// Equal in every part.
    public static func == (a: RuleTestEvent, b: RuleTestEvent) -> Bool {
        a.time == b.time && a.account == b.account && a.accountCreated == b.accountCreated
            && a.fingerprints.elementsEqual(b.fingerprints, by: ==)
            && a.strings.elementsEqual(b.strings, by: ==)
            && a.numbers.elementsEqual(b.numbers, by: ==)
            && a.signals.elementsEqual(b.signals, by: ==)
    }
}

/// A test inside a rule: events, and the findings they must (and must not) lead to.
public struct RuleTest: Sendable {
    /// When a test begins: 2026-01-01T00:00:00Z.
    public static let origin = EventTime(ms: 1_767_225_600_000)
    /// Events of one test at most.
    public static let eventLimit = 5_000_000

    /// What the rule must find.
    public struct Expectation: Equatable, Sendable {
        /// `kind:value`; accounts as `account:value`.
        public var entity: String
        /// How long after the origin at most; nil for any time.
        public var withinMs: Int64?
        /// The finding's step.
        public var status: Finding.Status
        /// The finding's severity; nil for any.
        public var severity: Severity?

        /// An expectation with all its parts.
        public init(
            entity: String, withinMs: Int64?, status: Finding.Status = .create,
            severity: Severity? = nil
        ) {
            self.entity = entity
            self.withinMs = withinMs
            self.status = status
            self.severity = severity
        }
    }

    /// The test's name: a claim.
    public var name: String
    /// What must be found; nothing else may be. Empty: the rule stays quiet.
    public var expectations: [Expectation]

    var groups: [EventGroup]

    /// How many events the test has.
    public var eventCount: Int { groups.reduce(0) { $0 + $1.count } }

    /// The test's events in the order of their times; ties go to the group listed first.
    public var events: RuleTestEvents { RuleTestEvents(groups) }
}

/// Events that follow one pattern.
struct EventGroup: Sendable {
    /// Where a value of `set` goes.
    enum Target: Equatable, Sendable {
        case account
        case accountCreated
        case fingerprint(String)
        case string(String)
        case number(String)
        case signal(String)
    }

    /// What a value is made of.
    enum FieldValue: Sendable {
        /// Text with expressions in it.
        case text(Template)
        /// A whole number.
        case number(TemplateExpression)
        /// A duration before the test's origin, in milliseconds.
        case beforeOrigin(ms: Int64)
    }

    var count: Int
    var everyMs: Int64
    var startMs: Int64
    var settings: [(target: Target, value: FieldValue)]

    /// When event `i` happens.
    func time(_ i: Int) -> EventTime {
        RuleTest.origin.advanced(byMs: startMs + everyMs * Int64(i))
    }

    /// Event `i`.
    func event(_ i: Int) -> RuleTestEvent {
        var event = RuleTestEvent(
            time: time(i), account: "", accountCreated: nil, fingerprints: [], strings: [],
            numbers: [], signals: [])
        for (target, value) in settings {
            switch (target, value) {
            case (.account, .text(let text)): event.account = text.text(Int64(i))
            case (.fingerprint(let kind), .text(let text)):
                event.fingerprints.append((kind, text.text(Int64(i))))
            case (.string(let field), .text(let text)):
                event.strings.append((field, text.text(Int64(i))))
            case (.signal(let name), .text(let text)):
                event.signals.append((name, .text(text.text(Int64(i)))))
            case (.number(let field), .number(let number)):
                event.numbers.append((field, number.value(Int64(i))))
            case (.signal(let name), .number(let number)):
                event.signals.append((name, .number(number.value(Int64(i)))))
            case (.accountCreated, .number(let number)):
                event.accountCreated = EventTime(ms: number.value(Int64(i)))
            case (.accountCreated, .beforeOrigin(let ms)):
                event.accountCreated = RuleTest.origin.advanced(byMs: -ms)
            default: break
            }
        }
        return event
    }
}

/// The events of a test, merged by time; made one by one.
public struct RuleTestEvents: Sequence, IteratorProtocol, Sendable {
    private let groups: [EventGroup]
    private var upcoming: [Int]

    init(_ groups: [EventGroup]) {
        self.groups = groups
        upcoming = Array(repeating: 0, count: groups.count)
    }

    /// The next event; O(groups).
    public mutating func next() -> RuleTestEvent? {
        var best: Int?
        for (g, group) in groups.enumerated() where upcoming[g] < group.count {
            if let b = best, groups[b].time(upcoming[b]) <= group.time(upcoming[g]) { continue }
            best = g
        }
        guard let best else { return nil }
        defer { upcoming[best] += 1 }
        return groups[best].event(upcoming[best])
    }
}
