import FleetModel
import HealthRules

/// A healthy cluster of two hosts, one controller and two brokers, to be damaged by tests.
struct World {
    static let hosts = ["10.0.0.11", "10.0.0.12"].compactMap(HostName.init(rawValue:))
    static let clusterID = ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg")

    var snapshot: Snapshot
    var layout: ClusterLayout?
    var retired: Set<NodeID> = []
    var operationRunning = false
    var left: LeftInForce?
    /// What the operator wants; nil: nobody asks about drift.
    var fleet: FleetSpecification?
    var configuration: Known<[NodeID: String]> = .known([:])
    var mail = MailBacklog()

    init?() {
        guard let clusterID = Self.clusterID, let one = NodeID(rawValue: 1), let two = NodeID(rawValue: 2),
            let controller = NodeID(rawValue: 9001)
        else { return nil }
        let nodes = [
            NodePlacement(id: one, role: .broker, host: Self.hosts[0], port: 9092, dataDirectories: ["/d/orders/1"]),
            NodePlacement(id: two, role: .broker, host: Self.hosts[1], port: 9092, dataDirectories: ["/d/orders/2"]),
            NodePlacement(
                id: controller, role: .controller, host: Self.hosts[0], port: 19092,
                dataDirectories: ["/d/orders/9001"]),
        ]
        layout = ClusterLayout(clusterID: clusterID, nodes: nodes)
        var table = PartitionTable()
        table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: 2))
        table.append(partition: 0, leader: 1, replicas: [1, 2], inSync: [1, 2])
        table.append(partition: 1, leader: 2, replicas: [2, 1], inSync: [2, 1])
        table.beginTopic(TopicObservation(name: CanaryTopic.name(of: one)))
        table.append(partition: 0, leader: 1, replicas: [1], inSync: [1])
        let now = Timestamp(milliseconds: 1_000_000)
        let cluster = ClusterObservation(
            clusterID: clusterID, controller: controller,
            brokers: .known(
                [one, two].map {
                    RegisteredBroker(
                        id: $0, endpoint: Endpoint(host: "10.0.0.1\($0)", port: 9092), rack: nil, fenced: false)
                }),
            quorum: .known(
                QuorumObservation(
                    leader: controller, leaderEpoch: 3,
                    voters: [
                        QuorumMember(id: controller, directoryID: nil, lag: 0, lastCaughtUp: now, lastFetch: now)
                    ], observers: [])),
            registeredControllers: .known([controller]), partitions: .known(table), reassignments: .known([]))
        snapshot = Snapshot(
            takenAt: now, took: .milliseconds(100),
            hosts: Self.hosts.map { host in
                HostObservation(
                    host: host, state: .ok,
                    containers: nodes.filter { $0.host == host }.map { node in
                        ContainerObservation(
                            id: "c\(node.id)", name: "orders-\(node.role.rawValue)-\(node.id)", node: node.id,
                            role: node.role, clusterID: clusterID, state: .running)
                    }, disks: [DiskObservation(path: "/d", total: ByteCount(1000), free: ByteCount(500))])
            }, cluster: .known(cluster))
    }

    var context: HealthContext {
        HealthContext(
            cluster: ClusterName.orders, expected: layout, retired: retired, snapshot: snapshot,
            operationRunning: operationRunning, left: left, configuration: configuration, fleet: fleet, mail: mail)
    }

    var findings: [Finding] { HealthRules.findings(in: context) }
    var rules: [String] { findings.map(\.rule) }

    /// Changes the container of `node`.
    mutating func container(_ node: Int32, _ change: (inout ContainerObservation) -> Void) {
        for host in snapshot.hosts.indices {
            for index in snapshot.hosts[host].containers.indices
            where snapshot.hosts[host].containers[index].node?.rawValue == node {
                change(&snapshot.hosts[host].containers[index])
            }
        }
    }

    /// Changes what Kafka says.
    mutating func cluster(_ change: (inout ClusterObservation) -> Void) {
        guard var cluster = snapshot.cluster.value else { return }
        change(&cluster)
        snapshot.cluster = .known(cluster)
    }

    /// Replaces the registration of `broker`; nil takes it away.
    mutating func registration(_ broker: Int32, fenced: Bool?) {
        cluster { cluster in
            guard var brokers = cluster.brokers.value else { return }
            for index in brokers.indices.reversed() where brokers[index].id.rawValue == broker {
                if let fenced { brokers[index].fenced = fenced } else { brokers.remove(at: index) }
            }
            cluster.brokers = .known(brokers)
        }
    }

    /// The state of `broker` in one word.
    func state(_ broker: Int32) -> BrokerStatus.State? {
        context.brokers.first { $0.id.rawValue == broker }?.state
    }
}

extension ClusterName {
    /// The name of the tests' cluster; the fallback can't be reached, since the name is valid.
    static var orders: ClusterName { ClusterName(rawValue: "orders") ?? ClusterName(repairing: "orders") }

    private init(repairing text: String) { fatalError("\(text) is a valid cluster name") }
}
