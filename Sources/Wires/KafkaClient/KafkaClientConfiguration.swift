public import EventLoop

/// How a client reaches a cluster.
public struct KafkaClientConfiguration: Sendable {
    /// Which listeners the bootstrap addresses are.
    public enum Role: Sendable, Hashable {
        /// Brokers' listeners: the cluster's nodes are its brokers.
        case brokers
        /// Controllers' listeners (KIP-919, Kafka 3.7 and later): the cluster's nodes are its controllers.
        case controllers
    }

    /// Addresses to begin with; one that answers is enough.
    public var bootstrap: [KafkaAddress]
    /// Which listeners they are.
    public var role: Role
    /// TLS and login.
    public var security: KafkaSecurity
    /// The client's name in the brokers' logs, quotas and metrics.
    public var clientID: String
    /// Where to connect to for an address: for tunnels and tests. TLS still verifies the address's host.
    public var endpoint: @Sendable (KafkaAddress) -> Endpoint
    /// Until when a connection must be open, TLS and login included.
    public var connectTimeout: Duration
    /// What is tried again, and how soon.
    public var retry: RetryPolicy
    /// Connections to one node at most; requests on one are answered in order, so a slow one delays the rest.
    public var connectionsPerNode: Int
    /// The largest answer that is read, in bytes.
    public var frameLimit: Int

    /// The largest answer unless told otherwise: Metadata of 1,000,000 partitions takes about 50 MB.
    public static let usualFrameLimit = 100 << 20

    /// A configuration with the usual bounds: 10 s to connect, 1 connection a node, answers of at most 100 MiB.
    public init(
        bootstrap: [KafkaAddress], role: Role = .brokers, security: KafkaSecurity = .plaintext,
        clientID: String = "gantry",
        endpoint: @escaping @Sendable (KafkaAddress) -> Endpoint = { .tcp(host: $0.host, port: $0.port) },
        connectTimeout: Duration = .seconds(10), retry: RetryPolicy = .standard, connectionsPerNode: Int = 1,
        frameLimit: Int = KafkaClientConfiguration.usualFrameLimit
    ) {
        self.bootstrap = bootstrap
        self.role = role
        self.security = security
        self.clientID = clientID
        self.endpoint = endpoint
        self.connectTimeout = connectTimeout
        self.retry = retry
        self.connectionsPerNode = max(1, connectionsPerNode)
        self.frameLimit = frameLimit
    }
}

/// TLS and login towards a listener.
public struct KafkaSecurity: Sendable {
    /// TLS with this trust and identity; nil for a plain connection.
    public var tls: TLSContext?
    /// The login; nil for none.
    public var login: SASLLogin?

    /// The security protocol PLAINTEXT.
    public static let plaintext = KafkaSecurity(tls: nil, login: nil)

    /// PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, by what is given.
    public init(tls: TLSContext?, login: SASLLogin?) {
        self.tls = tls
        self.login = login
    }
}
