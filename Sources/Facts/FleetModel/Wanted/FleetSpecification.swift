/// The fleet as the operator wants it: `defaults.cfg`, checked and with every host's settings filled in.
public struct FleetSpecification: Hashable, Sendable, Codable {
    /// The cluster as a whole.
    public var cluster: ClusterSpecification
    /// The hosts of `virthosts`, in its order: node ids follow it.
    public var hosts: [HostSpecification]
    /// Kafka's own settings, for brokers and controllers, in the order of the file.
    public var kafka: [KafkaProperty]
    /// How data is moved.
    public var move: MoveSettings
    /// Who gets mail, when anybody.
    public var notify: NotifySettings?
    /// How the monitoring daemon works.
    public var monitor: MonitorSettings
    /// Clauses of `assumptions.txt` that this site does not meet, with the reason.
    public var waivers: [ClauseWaiver]

    /// A specification of these parts.
    public init(
        cluster: ClusterSpecification, hosts: [HostSpecification], kafka: [KafkaProperty] = [],
        move: MoveSettings = MoveSettings(), notify: NotifySettings? = nil,
        monitor: MonitorSettings = MonitorSettings(), waivers: [ClauseWaiver] = []
    ) {
        self.cluster = cluster
        self.hosts = hosts
        self.kafka = kafka
        self.move = move
        self.notify = notify
        self.monitor = monitor
        self.waivers = waivers
    }

    /// The same with every `brokers: auto` replaced by what the machine carries, where that is known.
    public func sized(_ machine: (HostName) -> (cores: Int, memory: ByteCount)?) -> FleetSpecification {
        var fleet = self
        for index in fleet.hosts.indices where fleet.hosts[index].brokers == HostSpecification.automatic {
            guard let (cores, memory) = machine(fleet.hosts[index].host) else { continue }
            fleet.hosts[index].brokers = fleet.hosts[index].brokersCarried(cores: cores, memory: memory)
        }
        return fleet
    }

    /// The settings of `host`; nil when it is not in `virthosts`.
    public func host(_ host: HostName) -> HostSpecification? { hosts.first { $0.host == host } }

    /// The value of a Kafka setting, when the operator gave one.
    public func kafkaValue(_ name: String) -> String? { kafka.last { $0.name == name }?.value }
}

/// `cluster:` of `defaults.cfg`.
public struct ClusterSpecification: Hashable, Sendable, Codable {
    /// Names containers and directories.
    public var name: ClusterName
    /// How hosts are reached.
    public var transport: TransportKind
    /// KRaft or ZooKeeper.
    public var mode: ClusterMode
    /// Kafka's version in the image.
    public var version: KafkaVersion
    /// The image's reference: `gantry/kafka:4.3.1`.
    public var image: String
    /// A `docker save` file (an absolute path on the techhost) for hosts that lack the image.
    public var imageArchive: String?
    /// The private registry that hosts pull the image from; nil: none.
    public var registry: RegistrySettings?
    /// Dedicated KRaft controllers wanted.
    public var controllers: Int
    /// Whether that number follows from the number of hosts, because the operator named none.
    public var controllersFollowHosts = false

    /// A cluster of these settings.
    public init(
        name: ClusterName, transport: TransportKind = .ssh, mode: ClusterMode = .kraft, version: KafkaVersion,
        image: String, imageArchive: String? = nil, controllers: Int
    ) {
        self.name = name
        self.transport = transport
        self.mode = mode
        self.version = version
        self.image = image
        self.imageArchive = imageArchive
        self.controllers = controllers
    }
}

/// `cluster.registry:` of `defaults.cfg`.
public struct RegistrySettings: Hashable, Sendable, Codable {
    /// The registry; nil: the one that the image's name says.
    public var server: String?
    /// The login's name; nil: no login.
    public var user: String?
    /// The absolute path of the file that holds the password.
    public var passwordFile: String?

    /// A registry of these settings.
    public init(server: String? = nil, user: String? = nil, passwordFile: String? = nil) {
        self.server = server
        self.user = user
        self.passwordFile = passwordFile
    }

    /// Docker's own, under the name that its logins go by.
    public static let dockerHub = "https://index.docker.io/v1/"

    /// The registry of an image: what stands before the first '/', if that is a host and no part of a name.
    public func server(of image: String) -> String {
        if let server { return server }
        let parts = image.split(separator: "/")
        guard parts.count > 1, let first = parts.first,
            first == "localhost" || first.contains(".") || first.contains(":"), first != "docker.io"
        else { return Self.dockerHub }
        return String(first)
    }
}

/// One Kafka setting under Kafka's own name.
public struct KafkaProperty: Hashable, Sendable, Codable {
    /// `default.replication.factor`.
    public var name: String
    /// Its value as text.
    public var value: String

    /// `name` = `value`.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// One clause that is waived, and why.
public struct ClauseWaiver: Hashable, Sendable, Codable {
    /// `H7`.
    public var clause: String
    /// The operator's reason, always shown.
    public var reason: String

    /// `clause`, because of `reason`.
    public init(clause: String, reason: String) { (self.clause, self.reason) = (clause, reason) }
}
