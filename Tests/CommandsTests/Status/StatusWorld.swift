import FleetModel
import FleetRuntime
import HealthRules

@testable import Commands

/// A healthy cluster of two hosts with two brokers and a controller each, to be damaged by tests.
struct StatusWorld {
    let fleet: FleetSpecification
    let layout: ClusterLayout
    var snapshot: Snapshot

    init?() {
        let hosts = ["10.0.0.11", "10.0.0.12"].compactMap(HostName.init(rawValue:))
        guard let name = ClusterName(rawValue: "orders"), let version = KafkaVersion("4.3.1"),
            let clusterID = ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg"), hosts.count == 2,
            let leader = NodeID(rawValue: 9001)
        else { return nil }
        fleet = FleetSpecification(
            cluster: ClusterSpecification(name: name, version: version, image: "kafka:4", controllers: 2),
            hosts: hosts.map { HostSpecification(host: $0, rack: "r", brokers: 2, data: ["/d"]) })
        let nodes = [1, 2, 3, 4, 9001, 9002].compactMap { id -> NodePlacement? in
            let role: NodeRole = id > 9000 ? .controller : .broker
            return NodeID(rawValue: Int32(id)).map {
                NodePlacement(
                    id: $0, role: role, host: id % 9000 > 2 || id == 9002 ? hosts[1] : hosts[0],
                    port: UInt16(role == .broker ? 9092 + (id - 1) % 2 : 19092), dataDirectories: ["/d/orders/\(id)"])
            }
        }
        layout = ClusterLayout(clusterID: clusterID, nodes: nodes)
        var table = PartitionTable()
        table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: 1))
        for partition in 0..<4 {
            let (a, b) = (Int32(partition % 4 + 1), Int32((partition + 2) % 4 + 1))
            table.append(partition: Int32(partition), leader: a, replicas: [a, b], inSync: [a, b])
        }
        let now = Timestamp(milliseconds: 1_777_777_777_000)
        let brokers = nodes.filter { $0.role == .broker }
        let cluster = ClusterObservation(
            clusterID: clusterID, controller: leader,
            brokers: .known(
                brokers.map {
                    RegisteredBroker(
                        id: $0.id, endpoint: Endpoint(host: $0.host.rawValue, port: $0.port), rack: nil, fenced: false)
                }),
            quorum: .known(
                QuorumObservation(
                    leader: leader, leaderEpoch: 3,
                    voters: nodes.filter { $0.role == .controller }.map {
                        QuorumMember(id: $0.id, directoryID: nil, lag: 0, lastCaughtUp: now, lastFetch: now)
                    }, observers: [])), registeredControllers: .known([]), partitions: .known(table),
            reassignments: .known([]))
        snapshot = Snapshot(
            takenAt: now, took: .milliseconds(212),
            hosts: hosts.map { host in
                HostObservation(
                    host: host, state: .ok,
                    containers: nodes.filter { $0.host == host }.map { node in
                        ContainerObservation(
                            id: "c\(node.id)", name: "orders-\(node.role.rawValue)-\(node.id)", node: node.id,
                            role: node.role, clusterID: clusterID, state: .running)
                    },
                    disks: [DiskObservation(path: "/d", total: ByteCount(100 << 30), free: ByteCount(93 << 30))])
            }, cluster: .known(cluster),
            canaries: brokers.map {
                CanaryObservation(broker: $0.id, result: .ok(produce: .milliseconds(3), fetch: .milliseconds(2)))
            })
    }

    /// Takes the second host out of reach, and with it what Kafka has of its nodes.
    mutating func loseSecondHost() {
        snapshot.hosts[1] = HostObservation(
            host: snapshot.hosts[1].host, state: .unreachable(reason: "no route to host", remedy: "check that it is up")
        )
        let lost = Set(layout.nodes(on: snapshot.hosts[1].host).map(\.id))
        change { cluster in
            guard var brokers = cluster.brokers.value, var quorum = cluster.quorum.value else { return }
            for index in brokers.indices where lost.contains(brokers[index].id) { brokers[index].fenced = true }
            for index in quorum.voters.indices where lost.contains(quorum.voters[index].id) {
                quorum.voters[index].lastFetch = nil
            }
            (cluster.brokers, cluster.quorum) = (.known(brokers), .known(quorum))
        }
        for index in snapshot.canaries.indices where lost.contains(snapshot.canaries[index].broker) {
            snapshot.canaries[index].result =
                index == 2 ? .skipped(reason: "the broker is fenced") : .failed(reason: "no route to host")
        }
    }

    /// Changes what Kafka says.
    mutating func change(_ body: (inout ClusterObservation) -> Void) {
        guard var cluster = snapshot.cluster.value else { return }
        body(&cluster)
        snapshot.cluster = .known(cluster)
    }

    func report(
        showsAll: Bool = false, techhost: TechhostTroubles = TechhostTroubles()
    ) -> ClusterStatusReport {
        let context = HealthContext(
            cluster: fleet.cluster.name, expected: layout, snapshot: snapshot, techhost: techhost)
        let findings = HealthRules.findings(in: context)
        return ClusterStatusReport(
            status: ClusterStatus(fleet: fleet, layout: layout, context: context, findings: findings),
            showsAll: showsAll)
    }
}
