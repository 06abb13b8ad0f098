public import FleetModel

extension PlacementInput {
    /// What moves that are under way count as.
    public enum RunningMoves: Hashable, Sendable {
        /// As not made: the replicas that they add are left out.
        case undone
        /// As made: the replicas that they remove are left out.
        case done
    }

    /// The placement of a running cluster, as it was seen; moves under way count as not made.
    ///
    /// - Parameters:
    ///   - snapshot: what was seen, log directories included.
    ///   - layout: where the brokers run; nil where nobody remembers, then containers and listeners tell.
    ///   - fleet: racks of brokers that don't answer, and the rate at which data is moved.
    /// - Throws: `PlanningRefusal` with the code `unknown` where too little was seen to plan on, and what
    ///   `Builder.build` refuses.
    public init(
        observed snapshot: Snapshot, layout: ClusterLayout?, fleet: FleetSpecification
    ) throws(PlanningRefusal) {
        try self.init(
            observed: try Self.known(snapshot.cluster, "the cluster"), hosts: snapshot.hosts, layout: layout,
            fleet: fleet, rate: fleet.move.throttle)
    }

    /// The placement of a running cluster, as Kafka told it.
    ///
    /// Brokers that are fenced, or that hold replicas and are not registered, are dead; those whose directories are all
    /// cordoned give data and take none. (Kafka itself would obey a list that names one.) What a broker can hold is what its
    /// logs take and its part of what is free on their volumes: brokers of one host that share a volume share what is
    /// free there. Canaries are left out.
    ///
    /// - Parameters:
    ///   - cluster: what Kafka told, log directories included.
    ///   - hosts: what was seen of the hosts: which directories lie on one disk, and containers.
    ///   - layout: where the brokers run; nil where nobody remembers.
    ///   - fleet: racks of brokers that don't answer.
    ///   - rate: of every broker's ports.
    ///   - running: what moves under way count as.
    ///   - lists: partitions that count as if they had these replicas already.
    ///   - without: partitions that are not planned for.
    ///   - joining: brokers of `layout` that are to come, planned as if they were there already and empty.
    /// - Throws: `PlanningRefusal` with the code `unknown` where too little was seen to plan on, and what
    ///   `Builder.build` refuses.
    public init(
        observed cluster: ClusterObservation, hosts: [HostObservation] = [], layout: ClusterLayout?,
        fleet: FleetSpecification? = nil, rate: BytesPerSecond = PlanningBroker.defaultPort,
        running: RunningMoves = .undone, lists: [TopicPartition: [NodeID]] = [:], without: Set<TopicPartition> = [],
        joining: [NodeID] = []
    ) throws(PlanningRefusal) {
        let registered = try Self.known(cluster.brokers, "the brokers")
        let table = try Self.known(cluster.partitions, "the partitions")
        let moves = try Self.known(cluster.reassignments, "the moves under way")

        var leftOut: [TopicPartition: [NodeID]] = [:]
        for move in moves { leftOut[move.partition] = running == .done ? move.removing : move.adding }
        let places = BrokerPlaces(hosts, layout, registered)
        let disks = BrokerDisks(hosts, cluster.logDirectories, places, joining: joining)

        let cordoned = Set(cluster.logDirectories.filter(\.isCordoned).map(\.broker))

        var builder = Builder()
        var listed = Set<NodeID>()
        var silent: [String] = []
        for broker in registered {
            listed.insert(broker.id)
            let state: PlanningBroker.State =
                broker.fenced ? .dead : cordoned.contains(broker.id) ? .cordoned : .live
            var planned = PlanningBroker(
                id: broker.id, host: places.host(of: broker.id)?.rawValue ?? broker.endpoint.host,
                rack: broker.rack, capacity: disks.capacity(of: broker.id), state: state, uplink: rate,
                downlink: rate)
            planned.directories = disks.directories(of: broker.id)
            builder.add(planned)
            if state != .dead, disks.capacity(of: broker.id) == nil { silent.append("\(broker.id)") }
        }
        for id in joining where listed.insert(id).inserted {
            let host = places.host(of: id)
            var planned = PlanningBroker(
                id: id, host: host?.rawValue, rack: host.flatMap { fleet?.host($0)?.rack },
                capacity: disks.capacity(of: id), uplink: rate, downlink: rate)
            planned.directories = disks.directories(of: id)
            builder.add(planned)
        }
        if !silent.isEmpty {
            let shown = silent.prefix(5).joined(separator: ", ") + (silent.count > 5 ? ", …" : "")
            builder.note(
                silent.count == 1
                    ? "broker \(shown) does not tell the size of its disks: it is planned without a ceiling"
                    : "\(silent.count) brokers (\(shown)) do not tell the size of their disks: they are planned without a ceiling"
            )
        }
        for broker in cordoned.sorted() {
            builder.note("broker \(broker) is cordoned: nothing new is put on it")
        }
        builder.reserve(partitions: table.count, replicas: table.count * 3)
        for topic in table.topics { builder.setMinInSync(topic.minInSyncReplicas, of: topic.name) }
        for row in table.rows {
            let name = row.name
            guard !without.contains(name) else { continue }
            var replicas = Array(row.replicas)
            if let list = lists[name] {
                replicas = list.map(\.rawValue)
            } else if let gone = leftOut[name]?.map(\.rawValue), !replicas.allSatisfy(gone.contains) {
                replicas.removeAll(where: gone.contains)
            }
            builder.add(
                topic: row.topic.name, partition: row.partition, replicas: replicas, leader: row.leader?.rawValue,
                size: row.size?.bytes)
            guard !row.topic.isCanary else { continue }
            for raw in replicas {
                // Nobody knows these any more; their replicas still have to be placed elsewhere.
                guard let id = NodeID(rawValue: raw), listed.insert(id).inserted else { continue }
                let host = places.host(of: id)
                builder.add(
                    PlanningBroker(
                        id: id, host: host?.rawValue, rack: host.flatMap { fleet?.host($0)?.rack }, state: .dead,
                        uplink: rate,
                        downlink: rate))
            }
        }
        if !moves.isEmpty {
            builder.note(
                moves.count == 1
                    ? "1 partition is being moved: it is planned as it " + (running == .done ? "will be" : "was before")
                    : "\(moves.count) partitions are being moved: they are planned as they "
                        + (running == .done ? "will be" : "were before"))
        }
        self = try builder.build()
    }

    private static func known<Value>(_ part: Known<Value>, _ name: String) throws(PlanningRefusal) -> Value {
        switch part {
        case .known(let value): return value
        case .unknown(let reason):
            throw PlanningRefusal(
                code: "unknown", "\(name) could not be seen: \(reason)", remedy: "gantry clusterstatus says more")
        }
    }
}

/// On which machine each broker runs: what was laid out, else what its container shows, else its listener's address.
private struct BrokerPlaces {
    private var hosts: [NodeID: HostName] = [:]

    init(_ seen: [HostObservation], _ layout: ClusterLayout?, _ registered: [RegisteredBroker]) {
        for broker in registered { hosts[broker.id] = HostName(rawValue: broker.endpoint.host) }
        for host in seen {
            for container in host.containers where container.role == .broker {
                if let node = container.node { hosts[node] = host.host }
            }
        }
        for node in layout?.brokers ?? [] { hosts[node.id] = node.host }
    }

    func host(of broker: NodeID) -> HostName? { hosts[broker] }
}

/// What each broker's volumes can hold.
private struct BrokerDisks {
    /// A file system under log directories of one host.
    private struct Volume {
        var users: Set<NodeID> = []
        /// The least that any of them sees: their answers are not of the same instant.
        var free: Int64 = .max
    }

    private var capacities: [NodeID: ByteCount] = [:]
    private var places: [NodeID: Set<String>] = [:]

    init(
        _ hosts: [HostObservation], _ directories: [BrokerLogDirectories], _ places: BrokerPlaces, joining: [NodeID]
    ) {
        let disksOf = Dictionary(hosts.map { ($0.host, $0.disks) }) { first, _ in first }
        var volumes: [String: Volume] = [:]
        var ofBroker: [(broker: NodeID, volumes: Set<String>, stored: Int64)] = []
        for answer in directories {
            guard let found = answer.directories.value else { continue }
            var (own, stored, isWhole) = (Set<String>(), Int64(0), true)
            for directory in found where directory.error == nil {
                let host = places.host(of: answer.broker)
                let data = Self.dataDirectory(directory.path)
                let disk = host.flatMap { disksOf[$0] }?.first { $0.path == data }
                guard let free = directory.usable ?? disk?.free else {
                    isWhole = false
                    break
                }
                // Two data directories with the same figures to the byte are on the same file system.
                let place = host?.rawValue ?? "broker \(answer.broker)"
                let name = disk.map { "\(place) \($0.total.bytes) \($0.free.bytes)" } ?? "\(place) \(data)"
                volumes[name, default: Volume()].users.insert(answer.broker)
                volumes[name, default: Volume()].free = min(volumes[name]?.free ?? .max, max(0, free.bytes))
                own.insert(name)
                self.places[answer.broker, default: []].insert(data)
                stored = Int64(clamping: Int128(stored) + Int128(max(0, directory.logBytes.bytes)))
            }
            if isWhole, !own.isEmpty { ofBroker.append((answer.broker, own, stored)) }
        }
        // One that is to come has directories on all disks of its host.
        for broker in joining {
            guard let host = places.host(of: broker), let disks = disksOf[host], !disks.isEmpty else { continue }
            var own = Set<String>()
            for disk in disks {
                let name = "\(host) \(disk.total.bytes) \(disk.free.bytes)"
                volumes[name, default: Volume()].users.insert(broker)
                volumes[name, default: Volume()].free = min(volumes[name]?.free ?? .max, max(0, disk.free.bytes))
                own.insert(name)
                self.places[broker, default: []].insert(disk.path)
            }
            ofBroker.append((broker, own, 0))
        }
        for (broker, own, stored) in ofBroker {
            // The order of a sum is of no account.
            let free = own.reduce(Int128(0)) { sum, name in
                sum + (volumes[name].map { Int128($0.free) / Int128(max(1, $0.users.count)) } ?? 0)
            }
            capacities[broker] = ByteCount(
                Int64(clamping: min(Int128(PlacementInput.maximumTotal), Int128(stored) + free)))
        }
    }

    /// Bytes that the log directories of `broker` can hold; nil where it did not tell.
    func capacity(of broker: NodeID) -> ByteCount? { capacities[broker] }

    /// The data directories of `broker`, in order; empty where it did not tell.
    func directories(of broker: NodeID) -> [String] { places[broker, default: []].sorted() }

    /// DATA of a log directory DATA/CLUSTER/NODE.
    private static func dataDirectory(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? "/" + parts.dropLast(2).joined(separator: "/") : path
    }
}
