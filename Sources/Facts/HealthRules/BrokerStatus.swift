public import FleetModel

/// One broker as `clusterstatus` shows it: what is wanted, what Docker has and what Kafka has, in one word.
public struct BrokerStatus: Hashable, Sendable {
    /// Its id.
    public var id: NodeID
    /// Its host; nil for a registration whose host nobody knows.
    public var host: HostName?
    /// Its port; nil where nobody knows it.
    public var port: UInt16?
    /// The one word.
    public var state: State
    /// Docker's word for its container, `missing`, or `unknown`.
    public var container: String
    /// How often Docker restarted it.
    public var restarts: Int
    /// Replicas on it; nil when the partition table is unknown.
    public var partitions: Int?
    /// Partitions led by it; nil when the partition table is unknown.
    public var leaders: Int?
    /// Bytes of all its logs; nil when it did not tell.
    public var logBytes: ByteCount?
    /// How its canary went; nil when none was sent.
    public var canary: CanaryResult?

    /// The states of a broker.
    public enum State: String, Hashable, Sendable, Codable {
        /// Registered, serving.
        case running
        /// Registered and kept from serving while its container runs, or nobody can see the container.
        case fenced
        /// Its container is there and does not run.
        case stopped
        /// Wanted, and neither container nor serving registration is there.
        case missing
        /// Registered, not wanted, and no container runs it.
        case ghost
        /// Neither Docker nor Kafka could be asked.
        case unknown
    }

    /// Every broker that is wanted, registered or has a container, by id.
    static func all(expected: ClusterLayout?, snapshot: Snapshot) -> [BrokerStatus] {
        let wanted = Dictionary(
            (expected?.brokers ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let seen = Dictionary(
            snapshot.containers.compactMap { host, container in
                container.role == .broker ? container.node.map { ($0, (host, container)) } : nil
            }, uniquingKeysWith: { first, second in first.1.state == .running ? first : second })
        let cluster = snapshot.cluster.value
        let registered = Dictionary(
            (cluster?.brokers.value ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let load = cluster?.partitions.value?.load()
        let bytes = Dictionary(
            (cluster?.logDirectories ?? []).compactMap { entry in
                entry.directories.value.map { ($0.reduce(ByteCount.zero) { $0 + $1.logBytes }) }
                    .map { (entry.broker, $0) }
            }, uniquingKeysWith: { first, _ in first })
        let canaries = Dictionary(
            snapshot.canaries.map { ($0.broker, $0.result) }, uniquingKeysWith: { first, _ in first })
        let ids = Set(wanted.keys).union(seen.keys).union(registered.keys).sorted()
        return ids.map { id in
            let host =
                wanted[id]?.host ?? seen[id]?.0 ?? registered[id].flatMap { HostName(rawValue: $0.endpoint.host) }
            let hostSeen = host.flatMap(snapshot.host)?.state == .ok
            let container = seen[id]?.1
            return BrokerStatus(
                id: id, host: host, port: wanted[id]?.port ?? registered[id]?.endpoint.port,
                state: state(
                    wanted: wanted[id] != nil, container: container?.state, hostSeen: hostSeen,
                    registration: cluster?.brokers.value == nil ? nil : .some(registered[id])),
                container: container?.state.rawValue ?? (hostSeen ? "missing" : "unknown"),
                restarts: container?.restarts ?? 0, partitions: load.map { $0[id]?.replicas ?? 0 },
                leaders: load.map { $0[id]?.leaders ?? 0 }, logBytes: bytes[id], canary: canaries[id])
        }
    }

    /// The one word for what three sources say. `registration`: nil when Kafka could not be asked, `.some(nil)` when it
    /// has no such broker.
    static func state(
        wanted: Bool, container: ContainerState?, hostSeen: Bool, registration: RegisteredBroker??
    ) -> State {
        if let container, container != .running {
            return .stopped
        }
        switch registration {
        case .some(.some(let broker)) where !broker.fenced:
            // Kafka shows a killed broker unfenced until its session ends; Docker knows at once.
            return hostSeen && container == nil ? .missing : .running
        case .some(.some):
            if container != nil { return .fenced }
            if !wanted { return .ghost }
            return hostSeen ? .missing : .fenced
        case .some(nil):
            if container != nil { return .fenced }
            return hostSeen ? .missing : .unknown
        case nil:
            if container != nil { return .unknown }
            return hostSeen ? .missing : .unknown
        }
    }
}
