/// What settings belong to.
public enum ConfigurationOwner: Hashable, Sendable, CustomStringConvertible {
    /// A topic.
    case topic(String)
    /// A broker's own.
    case broker(NodeID)
    /// The default of all brokers.
    case allBrokers

    /// `topic orders`, `broker 3`, `all brokers`.
    public var description: String {
        switch self {
        case .topic(let name): "topic \(name)"
        case .broker(let id): "broker \(id)"
        case .allBrokers: "all brokers"
        }
    }
}

/// A setting with the place that it comes from.
public struct Setting: Hashable, Sendable {
    /// Where a value comes from. (KIP-226)
    public enum Source: Int8, Hashable, Sendable {
        /// Not known.
        case unknown = 0
        /// Set on the topic.
        case topic = 1
        /// Set on the broker while it runs.
        case broker = 2
        /// Set for all brokers while they run.
        case allBrokers = 3
        /// From the broker's properties.
        case properties = 4
        /// Kafka's default.
        case standard = 5
        /// The broker's logger.
        case logger = 6
        /// Set for a client's metrics.
        case clientMetrics = 7
        /// Set on the group.
        case group = 8
    }

    /// Kafka's name of it.
    public var name: String
    /// Its value; nil for secrets and for what has none.
    public var value: String?
    /// Where the value comes from.
    public var source: Source
    /// Whether it can only be changed by a restart.
    public var isReadOnly: Bool
    /// Whether it is a secret.
    public var isSensitive: Bool

    /// A setting of these facts.
    public init(name: String, value: String?, source: Source, isReadOnly: Bool = false, isSensitive: Bool = false) {
        self.name = name
        self.value = value
        self.source = source
        self.isReadOnly = isReadOnly
        self.isSensitive = isSensitive
    }
}

/// A change of one setting. (KIP-339)
public struct SettingChange: Hashable, Sendable {
    /// What is done with the value.
    public enum Action: Hashable, Sendable {
        /// Set to this.
        case set(String)
        /// Back to what applies without it.
        case delete
        /// These added to a list; those that are there already are not added twice.
        case append([String])
        /// These taken out of a list; the last one leaves an empty value, not none.
        case subtract([String])
    }

    /// Kafka's name of it.
    public var name: String
    /// What is done.
    public var action: Action

    /// `action` on `name`.
    public init(_ name: String, _ action: Action) { (self.name, self.action) = (name, action) }
}
