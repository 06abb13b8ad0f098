import FleetModel
import PlacementPlanning
import Testing

@Suite struct `A running cluster's placement` {
    /// Two hosts of two brokers each on one disk, and what Kafka would say of them.
    struct Seen {
        static let ids = NodeID.ids(1...4)
        var cluster: ClusterObservation
        var layout: ClusterLayout
        var fleet: FleetSpecification
        var disks = [DiskObservation(path: "/d", total: ByteCount(1000), free: ByteCount(600))]
        var table = PartitionTable()
        var sizes: [(partition: TopicPartition, size: ByteCount)] = []

        init() throws {
            let clusterID = try #require(ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg"))
            let hosts = try ["10.0.0.11", "10.0.0.12"].map { try #require(HostName(rawValue: $0)) }
            layout = ClusterLayout(
                clusterID: clusterID,
                nodes: Self.ids.map {
                    NodePlacement(
                        id: $0, role: .broker, host: hosts[Int($0.rawValue - 1) / 2], port: 9092,
                        dataDirectories: ["/d/orders/\($0)"])
                })
            fleet = FleetSpecification(
                cluster: ClusterSpecification(
                    name: try #require(ClusterName(rawValue: "orders")), version: try #require(KafkaVersion("4.3.1")),
                    image: "gantry/kafka:4.3.1", controllers: 1),
                hosts: hosts.enumerated().map { HostSpecification(host: $1, rack: "r\($0)", brokers: 2, data: ["/d"]) },
                move: MoveSettings(throttle: BytesPerSecond(7)))
            let quorum = QuorumObservation(leader: nil, leaderEpoch: 0, voters: [], observers: [])
            cluster = ClusterObservation(
                clusterID: clusterID, controller: nil,
                brokers: .known(
                    Self.ids.map {
                        RegisteredBroker(
                            id: $0, endpoint: Endpoint(host: "10.0.0.1\(($0.rawValue + 1) / 2)", port: 9092),
                            rack: "r\(($0.rawValue - 1) / 2)", fenced: false)
                    }), quorum: .known(quorum), registeredControllers: .known([]), partitions: .known(table),
                reassignments: .known([]),
                logDirectories: Self.ids.map {
                    BrokerLogDirectories(
                        broker: $0,
                        directories: .known([
                            LogDirectoryObservation(
                                path: "/d/orders/\($0)", error: nil, total: ByteCount(1000), usable: ByteCount(600),
                                logBytes: ByteCount(100), replicas: 1)
                        ]))
                })
            table.beginTopic(TopicObservation(name: "t"))
        }

        mutating func append(_ number: Int32, _ replicas: [Int32], size: Int64? = 10) {
            table.append(partition: number, leader: replicas.first ?? -1, replicas: replicas, inSync: replicas)
            if let size { sizes.append((TopicPartition(topic: "t", partition: number), ByteCount(size))) }
        }

        func input() throws(PlanningRefusal) -> PlacementInput {
            var (cluster, table) = (cluster, table)
            table.setSizes(sizes)
            if case .known = cluster.partitions { cluster.partitions = .known(table) }
            let snapshot = Snapshot(
                takenAt: Timestamp(milliseconds: 0), took: .zero,
                hosts: fleet.hosts.map { HostObservation(host: $0.host, state: .ok, disks: disks) },
                cluster: .known(cluster))
            return try PlacementInput(observed: snapshot, layout: layout, fleet: fleet)
        }
    }

    @Test func `has each broker's host, rack, rate and part of the disk that it shares`() throws {
        var seen = try Seen()
        seen.append(0, [1, 3])
        let input = try seen.input()
        #expect(input.brokers.map(\.host) == ["10.0.0.11", "10.0.0.11", "10.0.0.12", "10.0.0.12"])
        #expect(input.brokers.map(\.rack) == ["r0", "r0", "r1", "r1"])
        #expect(input.brokers.map(\.state) == [.live, .live, .live, .live])
        #expect(input.brokers.allSatisfy { $0.uplink == BytesPerSecond(7) && $0.downlink == BytesPerSecond(7) })
        // 100 of its own and half of the 600 that are free.
        #expect(input.brokers.map(\.capacity) == [ByteCount?](repeating: ByteCount(400), count: 4))
        #expect(input.size(of: 0) == ByteCount(10))
    }

    @Test func `puts nothing on a broker whose directories are all cordoned, and says so`() throws {
        var seen = try Seen()
        seen.append(0, [1, 3])
        for place in [1, 3] {
            var directories = try #require(seen.cluster.logDirectories[place].directories.value)
            directories[0].isCordoned = true
            // Of broker 2 one of two only.
            if place == 1 { directories.append(directories[0]) }
            directories[directories.count - 1].isCordoned = place == 3
            seen.cluster.logDirectories[place].directories = .known(directories)
        }
        let input = try seen.input()
        #expect(input.brokers.map(\.state) == [.live, .live, .live, .cordoned])
        #expect(input.notes == ["broker 4 is cordoned: nothing new is put on it"])
    }

    @Test func `has no ceiling where a broker does not tell, and says so`() throws {
        var seen = try Seen()
        seen.append(0, [1])
        seen.cluster.logDirectories[0].directories = .unknown(reason: "timed out")
        let input = try seen.input()
        #expect(input.brokers[0].capacity == nil)
        #expect(input.notes.contains { $0.contains("broker 1 does not tell the size of its disks") })
        // Broker 2 then has the volume to itself, as far as anybody knows.
        #expect(input.brokers[1].capacity == ByteCount(700))
    }

    @Test func `counts moves under way as not made`() throws {
        var seen = try Seen()
        seen.append(0, [4, 1, 3])
        seen.append(1, [2, 4])
        seen.cluster.reassignments = .known([
            ReassignmentObservation(
                partition: TopicPartition(topic: "t", partition: 0), replicas: [Seen.ids[3], Seen.ids[0], Seen.ids[2]],
                adding: [Seen.ids[3]], removing: [Seen.ids[2]])
        ])
        let input = try seen.input()
        #expect(input.replicas(of: 0) == [Seen.ids[0], Seen.ids[2]])
        #expect(input.replicas(of: 1) == [Seen.ids[1], Seen.ids[3]])
        #expect(input.notes.contains { $0.contains("1 partition is being moved") })
    }

    @Test func `leaves canaries out and takes the median for a size that nobody told`() throws {
        var seen = try Seen()
        seen.append(0, [1], size: 30)
        seen.append(1, [2], size: nil)
        seen.table.beginTopic(TopicObservation(name: CanaryTopic.name(of: Seen.ids[0])))
        seen.append(0, [1])
        let input = try seen.input()
        #expect(input.topics == ["t"])
        #expect(input.size(of: 1) == ByteCount(30))
    }

    @Test func `has fenced brokers and those that nobody knows any more as dead`() throws {
        var seen = try Seen()
        seen.append(0, [4, 2])
        seen.append(1, [9, 1])
        var brokers = try #require(seen.cluster.brokers.value)
        brokers[3].fenced = true
        brokers.remove(at: 1)
        seen.cluster.brokers = .known(brokers)
        let input = try seen.input()
        #expect(input.brokers.map(\.id.rawValue) == [1, 2, 3, 4, 9])
        #expect(input.brokers.map(\.state) == [.live, .dead, .live, .dead, .dead])
        #expect(input.brokers[1].rack == "r0" && input.brokers[1].host == "10.0.0.11")
        let gone = try #require(NodeID(rawValue: 9))
        let plan = try Planner.plan(
            input, .drain(brokers: [gone], onto: .all), PlanningOptions(narrower: [.hosts, .racks]))
        #expect(verify(plan, input) == [])
        #expect(plan.changes.map(\.partition.partition) == [1])
    }

    @Test func `is refused where too little was seen`() throws {
        var seen = try Seen()
        seen.append(0, [1])
        seen.cluster.partitions = .unknown(reason: "no broker answers")
        do throws(PlanningRefusal) {
            _ = try seen.input()
            Issue.record("planned on nothing")
        } catch {
            #expect(error.reasons.map(\.code) == ["unknown"])
            #expect(error.description.contains("no broker answers"))
        }
    }
}
