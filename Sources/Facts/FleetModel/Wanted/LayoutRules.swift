/// Why no layout can be made.
public enum LayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More controllers are wanted than there are hosts to carry one each.
    case controllerHosts(wanted: Int, hosts: Int)
    /// No port is left from `first` to 65535.
    case noFreePort(host: HostName, role: NodeRole, first: UInt16)
    /// Every node id is used or retired.
    case noFreeID(role: NodeRole)
    /// Nodes are asked for on a host that is not in `virthosts`.
    case unknownHost(HostName)

    /// The stable code of the blocker: PRODUCT.md, "Commands".
    public var code: String {
        switch self {
        case .controllerHosts: "controller-hosts"
        case .noFreePort: "no-free-port"
        case .noFreeID: "no-free-id"
        case .unknownHost: "unknown-host"
        }
    }

    /// What is wrong, on which object.
    public var description: String {
        switch self {
        case .controllerHosts(let wanted, let hosts):
            "\(counted(wanted, "controller", "needs", "need")) \(counted(wanted, "host")), one each, and \(hosts) can take one"
        case .noFreePort(let host, let role, let first):
            "\(host) has no free port for a \(role.rawValue) from \(first) up"
        case .noFreeID(let role): "no node id is left for a \(role.rawValue)"
        case .unknownHost(let host): "\(host) is not in virthosts"
        }
    }

    /// What the operator can do about it.
    public var remedy: String {
        switch self {
        case .controllerHosts(_, let hosts):
            "set cluster.controllers to \(hosts >= 3 ? hosts - (hosts + 1) % 2 : 1), or list more hosts in virthosts"
        case .noFreePort(let host, let role, _): "set hosts.\(host).ports.\(role.rawValue) to a free range"
        case .noFreeID: "start a new cluster: ids are never used twice"
        case .unknownHost(let host): "add \(host) to virthosts in defaults.cfg"
        }
    }
}

extension ClusterLayout {
    /// The first id of brokers.
    public static let firstBroker: Int32 = 1
    /// The first id of controllers: far above the brokers, so that the two never meet.
    public static let firstController: Int32 = 9001

    /// The layout of a new cluster.
    ///
    /// Brokers are numbered from 1 in the order of `virthosts`, controllers from 9001. Deterministic: the same
    /// arguments give the same layout.
    /// - Parameters:
    ///   - fleet: what the operator wants.
    ///   - clusterID: the new cluster's id.
    ///   - directoryIDs: gives each controller the id its metadata directory is formatted with; called once a node.
    ///   - retired: ids that were used before and never come back.
    ///   - occupiedPorts: ports that something else holds on a host.
    /// - Returns: every node of the cluster.
    /// - Throws: `LayoutError` when ids, ports or hosts do not suffice.
    public static func initial(
        for fleet: FleetSpecification, clusterID: ClusterID, directoryIDs: (NodeID) -> DirectoryID,
        retired: Set<NodeID> = [], occupiedPorts: [HostName: Set<UInt16>] = [:]
    ) throws(LayoutError) -> ClusterLayout {
        try ClusterLayout(clusterID: clusterID)
            .extended(for: fleet, directoryIDs: directoryIDs, retired: retired, occupiedPorts: occupiedPorts)
    }

    /// This layout with every host of `virthosts` that carries no broker yet given its brokers, and the controllers
    /// filled up to their number. Existing nodes stay as they are: `brokers` counts for a host's first start only.
    /// - Parameters:
    ///   - fleet: what the operator wants.
    ///   - except: hosts that get no nodes although they carry none: those that an operation emptied.
    ///   - directoryIDs: gives each controller of a first quorum its directory id; those that join one have none.
    ///   - retired: ids that were used before and never come back.
    ///   - occupiedPorts: ports that something else holds on a host.
    /// - Returns: the existing nodes and the new ones.
    /// - Throws: `LayoutError` when ids, ports or hosts do not suffice.
    public func extended(
        for fleet: FleetSpecification, except: Set<HostName> = [], directoryIDs: (NodeID) -> DirectoryID,
        retired: Set<NodeID> = [], occupiedPorts: [HostName: Set<UInt16>] = [:]
    ) throws(LayoutError) -> ClusterLayout {
        var missing: [HostName: Int] = [:]
        for host in fleet.hosts where !except.contains(host.host) {
            if !nodes.contains(where: { $0.host == host.host && $0.role == .broker }) {
                missing[host.host] = host.brokers
            }
        }
        // Hosts that left may have left fewer than the number that the operator chose for all of them.
        let gone = except.subtracting(nodes.map(\.host))
        let hosts = Set(fleet.hosts.map(\.host)).subtracting(gone)
        let wanted =
            controllers.isEmpty || gone.isEmpty
            ? fleet.cluster.controllers
            : min(fleet.cluster.controllers, hosts.union(controllers.map(\.host)).count)
        return try extended(
            for: fleet, moreBrokers: missing, controllers: wanted, onHosts: gone.isEmpty ? nil : hosts,
            directoryIDs: directoryIDs, retired: retired, occupiedPorts: occupiedPorts)
    }

    /// This layout with some more brokers and enough controllers; existing nodes stay as they are.
    /// - Parameters:
    ///   - fleet: what the operator wants: hosts, ports, directories, racks.
    ///   - moreBrokers: how many brokers each host gets in addition.
    ///   - controllers: how many controllers there are to be in all; fewer than there are changes nothing.
    ///   - onHosts: the hosts that may get one; nil: all of `virthosts`.
    ///   - directoryIDs: gives each controller of a first quorum its directory id; those that join one have none.
    ///   - retired: ids that were used before and never come back.
    ///   - occupiedPorts: ports that something else holds on a host.
    /// - Returns: the existing nodes and the new ones.
    /// - Throws: `LayoutError` when ids, ports or hosts do not suffice, or a host is not in `virthosts`.
    public func extended(
        for fleet: FleetSpecification, moreBrokers: [HostName: Int], controllers: Int,
        onHosts: Set<HostName>? = nil, directoryIDs: (NodeID) -> DirectoryID, retired: Set<NodeID> = [],
        occupiedPorts: [HostName: Set<UInt16>] = [:]
    ) throws(LayoutError) -> ClusterLayout {
        if let stranger = moreBrokers.keys.sorted().first(where: { fleet.host($0) == nil }) {
            throw .unknownHost(stranger)
        }
        var layout = self
        var room = Room(layout: self, retired: retired, ports: occupiedPorts)
        for host in fleet.hosts {
            for _ in 0..<max(0, moreBrokers[host.host] ?? 0) {
                layout.insert(try room.node(.broker, on: host, cluster: fleet.cluster.name))
            }
        }
        for host in try controllerHosts(of: fleet, wanted: controllers, among: onHosts) {
            var node = try room.node(.controller, on: host, cluster: fleet.cluster.name)
            // Only the members of a first quorum know each other from the format on; later ones join it (KIP-853).
            if self.controllers.isEmpty { node.directoryID = directoryIDs(node.id) }
            layout.insert(node)
        }
        return layout
    }

    /// The hosts that get a controller, in the order of `virthosts`: at most one a host, the racks with the fewest
    /// controllers first, so that the loss of one rack costs as few voters as can be.
    private func controllerHosts(
        of fleet: FleetSpecification, wanted: Int, among allowed: Set<HostName>?
    ) throws(LayoutError) -> [HostSpecification] {
        let present = controllers
        let missing = max(0, wanted - present.count)
        var free = fleet.hosts.filter { host in
            allowed?.contains(host.host) ?? true && !present.contains { $0.host == host.host }
        }
        guard missing <= free.count else { throw .controllerHosts(wanted: wanted, hosts: fleet.hosts.count) }
        var load: [String: Int] = [:]
        for node in present {
            if let rack = fleet.host(node.host)?.rack { load[rack, default: 0] += 1 }
        }
        var chosen: Set<HostName> = []
        for _ in 0..<missing {
            let loads = free.map { load[$0.rack, default: 0] }
            guard let least = loads.min(), let index = loads.firstIndex(of: least) else { break }
            let host = free.remove(at: index)
            load[host.rack, default: 0] += 1
            chosen.insert(host.host)
        }
        return fleet.hosts.filter { chosen.contains($0.host) }
    }
}

/// What is still free: ids over the whole cluster, ports a host.
private struct Room {
    private var ids: Set<NodeID>
    private var next: [NodeRole: Int64]
    private var ports: [HostName: Set<UInt16>]
    private var count: [HostName: [NodeRole: Int]] = [:]

    init(layout: ClusterLayout, retired: Set<NodeID>, ports: [HostName: Set<UInt16>]) {
        self.ports = ports
        ids = retired
        next = [.broker: Int64(ClusterLayout.firstBroker), .controller: Int64(ClusterLayout.firstController)]
        var roles: [NodeID: NodeRole] = [:]
        for node in layout.nodes {
            ids.insert(node.id)
            roles[node.id] = node.role
            self.ports[node.host, default: []].insert(node.port)
            count[node.host, default: [:]][node.role, default: 0] += 1
        }
        // Above the highest one ever seen, not into the gaps: a list of retired ids may have been lost in part.
        for id in ids {
            let role = roles[id] ?? (id.rawValue < ClusterLayout.firstController ? .broker : .controller)
            next[role] = max(next[role] ?? 0, Int64(id.rawValue) + 1)
        }
    }

    mutating func node(
        _ role: NodeRole, on host: HostSpecification, cluster: ClusterName
    ) throws(LayoutError) -> NodePlacement {
        let id = try takeID(role)
        let port = try takePort(role, on: host)
        return NodePlacement(
            id: id, role: role, host: host.host, port: port,
            // Of a controller only the metadata log is kept: more directories would only be more ways to fail.
            dataDirectories: (role == .controller ? Array(host.data.prefix(1)) : host.data(ofBrokerAt: port))
                .map { OnHostPath.dataDirectory(of: id, cluster: cluster, under: $0) }, address: host.address)
    }

    private mutating func takeID(_ role: NodeRole) throws(LayoutError) -> NodeID {
        var number = next[role] ?? 0
        while let id = Int32(exactly: number).flatMap(NodeID.init(rawValue:)) {
            number += 1
            if ids.insert(id).inserted {
                next[role] = number
                return id
            }
        }
        throw .noFreeID(role: role)
    }

    private mutating func takePort(_ role: NodeRole, on host: HostSpecification) throws(LayoutError) -> UInt16 {
        let first = role == .broker ? host.ports.broker : host.ports.controller
        let index = count[host.host]?[role] ?? 0
        let taken = ports[host.host] ?? []
        guard let start = UInt16(exactly: Int(first) + index),
            let port = (start...UInt16.max).first(where: { !taken.contains($0) })
        else { throw .noFreePort(host: host.host, role: role, first: first) }
        count[host.host, default: [:]][role] = index + 1
        ports[host.host, default: []].insert(port)
        return port
    }
}
