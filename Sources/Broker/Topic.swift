/// A topic, by a small number: the same one in every client of a process, whatever the topic is called.
public struct Topic: Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral {
    /// The number, from 0; tables are indexed by it.
    public let number: UInt8

    /// The topic of a number.
    @inlinable
    public init(_ number: UInt8) { self.number = number }

    /// The topic of a number.
    @inlinable
    public init(integerLiteral number: UInt8) { self.init(number) }

    /// By number.
    @inlinable
    public static func < (a: Topic, b: Topic) -> Bool { a.number < b.number }
}

/// What the topics of a client, or of a process, are called.
///
/// The table is small and is looked through from its beginning.
public struct TopicNames: Sendable, Equatable, ExpressibleByArrayLiteral {
    /// The topics that have a name, by number.
    public private(set) var topics: [Topic] = []
    /// Their names, in the same order.
    public private(set) var names: [String] = []

    /// No topic.
    public init() {}

    /// Topics numbered from 0 in the order of their names.
    public init(_ names: [String]) {
        for (number, name) in names.enumerated() { self[Topic(UInt8(number))] = name }
    }

    /// Topics numbered from 0 in the order of their names.
    public init(arrayLiteral names: String...) { self.init(names) }

    /// A topic's name; nil where it has none here.
    public subscript(topic: Topic) -> String? {
        get { topics.firstIndex(of: topic).map { names[$0] } }
        set {
            if let known = topics.firstIndex(of: topic) {
                topics.remove(at: known)
                names.remove(at: known)
            }
            guard let newValue else { return }
            let place = topics.firstIndex { topic < $0 } ?? topics.count
            topics.insert(topic, at: place)
            names.insert(newValue, at: place)
        }
    }

    /// A topic's name; asking for one that is not in the table is a programming error.
    public func name(_ topic: Topic) -> String {
        guard let name = self[topic] else {
            preconditionFailure("the client was not made for \(topic)")
        }
        return name
    }

    /// The topic of a name; nil where none is called so.
    public func topic(named name: String) -> Topic? {
        names.firstIndex(of: name).map { topics[$0] }
    }

    /// Those of `wanted` that have a name.
    public func only(_ wanted: [Topic]) -> TopicNames {
        var chosen = TopicNames()
        for topic in wanted { chosen[topic] = self[topic] }
        return chosen
    }
}
