/// One virtual host as the operator wants it: the defaults, overridden by its own settings.
public struct HostSpecification: Hashable, Sendable, Codable {
    /// Its address in `virthosts`.
    public var host: HostName
    /// Its rack (`rack.id` of its brokers); `rack: host` gives each host a rack of its own name.
    public var rack: String
    /// Brokers of its first start; `automatic`: as many as its cores and memory carry.
    public var brokers: Int
    /// How to reach it.
    public var ssh: SSHSettings
    /// Data directories, absolute paths; every node of the host has a directory in each.
    public var data: [String]
    /// First ports of its nodes.
    public var ports: PortSettings
    /// Java heap of a broker or controller.
    public var heap: ByteCount
    /// Memory limit of a container.
    public var memory: ByteCount
    /// Devices that `--provision` formats and mounts at data directories; nil: none.
    public var disks: [DataDisk]?
    /// Cores that a container may use; nil: all.
    public var cpus: Int?
    /// Whether every broker has `cpus` cores of its own; nil: they share all of them.
    public var hasCPUSets: Bool?
    /// Whether every broker has one of the data directories alone; nil: each has a directory in all of them.
    public var hasDiskPerBroker: Bool?
    /// The address or name under which brokers, controllers and clients reach its nodes; nil: `host`.
    public var address: String?

    /// `brokers: auto`: nothing is planned for the host before it was looked at.
    public static let automatic = 0

    /// A host of these settings.
    public init(
        host: HostName, rack: String, brokers: Int, ssh: SSHSettings = SSHSettings(), data: [String],
        ports: PortSettings = PortSettings(), heap: ByteCount = ByteCount(1 << 30),
        memory: ByteCount = ByteCount(2 << 30), disks: [DataDisk]? = nil, cpus: Int? = nil
    ) {
        self.cpus = cpus
        self.disks = disks
        self.host = host
        self.rack = rack
        self.brokers = brokers
        self.ssh = ssh
        self.data = data
        self.ports = ports
        self.heap = heap
        self.memory = memory
    }
}

extension HostSpecification {
    /// Which one of the host's brokers listens there, from 0: as stable as its port, whatever comes and goes beside it.
    public func place(ofBrokerAt port: UInt16) -> Int { max(0, Int(port) - Int(ports.broker)) }

    /// The data directories of a broker that listens there.
    public func data(ofBrokerAt port: UInt16) -> [String] {
        guard hasDiskPerBroker == true, !data.isEmpty else { return data }
        return [data[place(ofBrokerAt: port) % data.count]]
    }

    /// The cores of a broker that listens there, as Docker's `cpuset` has them: `2-3`; nil: all.
    public func cpuSet(ofBrokerAt port: UInt16) -> String? {
        guard hasCPUSets == true, let cpus else { return nil }
        let first = place(ofBrokerAt: port) * cpus
        return cpus == 1 ? "\(first)" : "\(first)-\(first + cpus - 1)"
    }

    /// Brokers that a machine carries: one for every two cores (or for the `cpus` of each), and no more than three quarters
    /// of its memory hold beside a controller. What is left of the memory is the system's.
    /// - Parameters:
    ///   - cores: its processors.
    ///   - total: its memory.
    /// - Returns: at least one, at most 128.
    public func brokersCarried(cores: Int, memory total: ByteCount) -> Int {
        let byCores = cores / max(1, cpus ?? 2)
        let containers = memory.bytes > 0 ? (total.bytes / 4 * 3) / memory.bytes : 1
        return max(1, min(128, byCores, Int(clamping: containers - 1)))
    }
}

/// A device that is to hold a data directory.
public struct DataDisk: Hashable, Sendable, Codable {
    /// Where it is mounted.
    public var path: String
    /// `/dev/vdb`.
    public var device: String

    /// `device` at `path`.
    public init(path: String, device: String) { (self.path, self.device) = (path, device) }
}

/// How to reach a host. What is nil is left to the operator's own `~/.ssh/config`.
public struct SSHSettings: Hashable, Sendable, Codable {
    /// The login name.
    public var user: String?
    /// sshd's port.
    public var port: UInt16?
    /// A private key's absolute path.
    public var identity: String?
    /// An ssh_config file's absolute path, instead of the operator's own.
    public var config: String?
    /// A known_hosts file's absolute path, instead of the operator's own.
    public var knownHosts: String?

    /// These settings.
    public init(
        user: String? = nil, port: UInt16? = nil, identity: String? = nil, config: String? = nil,
        knownHosts: String? = nil
    ) {
        self.user = user
        self.port = port
        self.identity = identity
        self.config = config
        self.knownHosts = knownHosts
    }
}

/// The first port of each role on a host; the n-th node takes the n-th port, or the next free one.
public struct PortSettings: Hashable, Sendable, Codable {
    /// Of the brokers.
    public var broker: UInt16
    /// Of the controllers.
    public var controller: UInt16

    /// These ports; Kafka's own 9092 and gantry's 19092 by default.
    public init(broker: UInt16 = 9092, controller: UInt16 = 19092) {
        (self.broker, self.controller) = (broker, controller)
    }
}
