import FleetModel
import HealthRules
import Testing

@Suite struct StopVerdictTests {
    private let one = NodeID(rawValue: 1), two = NodeID(rawValue: 2), three = NodeID(rawValue: 3)
    private let controller = NodeID(rawValue: 9001)

    /// A world whose partitions are these: replicas and in-sync replicas.
    private func world(
        minimum: Int32? = 2, _ rows: [(replicas: [Int32], inSync: [Int32])]
    ) throws -> World {
        var world = try #require(World())
        var table = PartitionTable()
        table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: minimum))
        for (number, row) in rows.enumerated() {
            table.append(
                partition: Int32(number), leader: row.inSync.first ?? -1, replicas: row.replicas, inSync: row.inSync)
        }
        table.beginTopic(TopicObservation(name: "__gantry-canary-1"))
        table.append(partition: 0, leader: 1, replicas: [1], inSync: [1])
        world.cluster { $0.partitions = .known(table) }
        return world
    }

    private func codes(_ nodes: [NodeID?], _ world: World) throws -> [StopVerdict.Code] {
        let verdict = StopVerdict.together(
            nodes.compactMap { $0 }, snapshot: world.snapshot, layout: try #require(world.layout))
        return verdict.causes.map(\.code)
    }

    private func remedies(_ nodes: [NodeID?], _ world: World) throws -> [String] {
        StopVerdict.together(
            nodes.compactMap { $0 }, snapshot: world.snapshot, layout: try #require(world.layout)
        ).blockers.map(\.remedy)
    }

    @Test func `a broker may go while every partition keeps its minimum without it`() throws {
        let world = try world([([1, 2, 3], [1, 2, 3]), ([2, 3, 4], [2, 3])])
        #expect(try codes([one], world).isEmpty)
    }

    @Test func `a partition that is at its minimum keeps its in-sync brokers, and no other one`() throws {
        let world = try world([([1, 2, 3], [1, 2])])
        #expect(try codes([one], world) == [.isrAtMinimum])
        #expect(try codes([three], world).isEmpty)
    }

    @Test func `two brokers together may be one too many where each alone is not`() throws {
        let world = try world([([1, 2, 3], [1, 2, 3])])
        #expect(try codes([one], world).isEmpty)
        #expect(try codes([one, two], world) == [.isrAtMinimum])
        let singly = StopVerdict.singly(
            [one, two].compactMap { $0 }, snapshot: world.snapshot, layout: try #require(world.layout))
        #expect(singly.filter { !$0.isClear }.isEmpty)
    }

    @Test func `a broker whose container is known not to run is counted out before Kafka notices`() throws {
        var world = try world([([1, 2, 3], [1, 2, 3])])
        world.container(2) { $0.state = .exited }
        #expect(try codes([one], world) == [.isrAtMinimum])
        #expect(try codes([two], world).isEmpty)
        #expect(
            try remedies([one], world) == [
                "bring broker 2 on 10.0.0.12 back (gantry bootstrap); then wait until all replicas are in sync: "
                    + "gantry clusterstatus shows them"
            ])
        world.container(2) { $0.clusterID = ClusterID(rawValue: "another") }
        #expect(try codes([one], world).isEmpty)
    }

    @Test func `a dead broker whose replica is lacking is named with its host and the way back`() throws {
        var world = try world([([1, 2, 3], [1, 3])])
        world.container(2) { $0.state = .exited }
        let start = try #require(try remedies([one], world).first)
        #expect(start.hasPrefix("bring broker 2 on 10.0.0.12 back (gantry bootstrap)"))
        world.snapshot.hosts[1] = HostObservation(
            host: World.hosts[1], state: .unreachable(reason: "no route to host", remedy: "check that it is up"))
        world.cluster { cluster in
            cluster.brokers = cluster.brokers.map { $0.filter { $0.id.rawValue != 2 } }
        }
        let remedy = try #require(try remedies([one], world).first)
        #expect(remedy.hasPrefix("broker 2 on 10.0.0.12 is away with its host: bring it back (check that it is up)"))
        #expect(remedy.contains("gantry removehost 10.0.0.12 --dead"))
    }

    @Test func `where all are in sync the way out is fewer at once, and waiting only where one lags`() throws {
        let world = try world([([1, 2, 3], [1, 2, 3])])
        #expect(try remedies([one, two], world) == ["stop fewer of them at once"])
        let thin = try self.world([([1, 2, 3], [1, 2, 3]), ([1, 2, 3], [1, 2])])
        #expect(
            try remedies([one, two], thin) == ["wait until their replicas are in sync: gantry clusterstatus shows them"]
        )
    }

    @Test func `no replica to spare is asked about while all are in sync, and refused while one lags`() throws {
        let (whole, thin) = (try world([([1, 2], [1, 2])]), try world([([1, 2], [1])]))
        #expect(try codes([one], whole) == [.noSpareReplica])
        #expect(try codes([one], thin) == [.isrNotWhole])
        let sole = try world(minimum: 1, [([1], [1])])
        #expect(try codes([one], sole) == [.noSpareReplica])
        #expect(StopVerdict.Code.noSpareReplica.isWaivable && !StopVerdict.Code.isrNotWhole.isWaivable)
    }

    @Test func `a minimum above the replication factor counts as the factor`() throws {
        let world = try world(minimum: 3, [([1, 2], [1, 2])])
        #expect(try codes([one], world) == [.noSpareReplica])
    }

    @Test func `without knowing a topic's minimum nobody can tell`() throws {
        let blind = try world(minimum: nil, [([1, 2], [1, 2])])
        #expect(try codes([one], blind) == [.unknown])
        #expect(try codes([three], blind).isEmpty)
    }

    @Test func `a silent Kafka makes the verdict unknown, another cluster makes it no`() throws {
        var silent = try world([])
        silent.snapshot.cluster = .unknown(reason: "nobody answers")
        #expect(try codes([one], silent) == [.unknown])
        var other = try world([])
        other.cluster { cluster in if let id = ClusterID(rawValue: "another") { cluster.clusterID = id } }
        #expect(try codes([one], other) == [.otherCluster])
    }

    @Test func `a broker that runs and does not serve yet is left in peace, one that dies all the time is not`() throws
    {
        var world = try world([])
        world.registration(1, fenced: true)
        #expect(try codes([one], world) == [.recovering])
        world.container(1) { container in
            (container.restarts, container.startedAt) = (7, Timestamp(milliseconds: 999_000))
        }
        #expect(try codes([one], world).isEmpty)
    }

    @Test func `the only controller is asked about, one of three only while the other two follow`() throws {
        var world = try world([])
        #expect(try codes([controller], world) == [.noSpareController])
        let now = Timestamp(milliseconds: 1_000_000)
        func voters(_ fetches: [Timestamp?]) -> [QuorumMember] {
            fetches.enumerated().compactMap { number, fetched in
                NodeID(rawValue: 9001 + Int32(number)).map {
                    QuorumMember(id: $0, directoryID: nil, lag: 0, lastCaughtUp: fetched, lastFetch: fetched)
                }
            }
        }
        func quorum(_ fetches: [Timestamp?]) {
            let members = voters(fetches)
            world.cluster {
                $0.quorum = .known(
                    QuorumObservation(leader: members.last?.id, leaderEpoch: 1, voters: members, observers: []))
            }
        }
        quorum([now, now, now])
        #expect(try codes([controller], world).isEmpty)
        quorum([now, Timestamp(milliseconds: 990_000), now])
        #expect(try codes([controller], world) == [.quorumMajority])
        #expect(
            try remedies([controller], world) == [
                "bring the other controllers up first: gantry clusterstatus shows them"
            ]
        )
        quorum([now, now, now])
        let other = NodeID(rawValue: 9002)
        let layout = try #require(world.layout)
        world.layout = ClusterLayout(
            clusterID: layout.clusterID,
            nodes: layout.nodes
                + [other].compactMap { $0 }.map {
                    NodePlacement(
                        id: $0, role: .controller, host: World.hosts[1], port: 19092, dataDirectories: ["/d/orders/c"])
                })
        #expect(try remedies([controller, other], world) == ["stop fewer of them at once"])
        world.container(9001) { $0.state = .exited }
        #expect(try codes([other], world) == [.quorumMajority])
    }

    @Test func `causes of several verdicts are told once a kind, with all their nodes and examples`() throws {
        let world = try world([([1, 2], [1, 2]), ([2, 1], [1, 2])])
        let verdicts = StopVerdict.singly(
            [one, two].compactMap { $0 }, snapshot: world.snapshot, layout: try #require(world.layout))
        let all = verdicts.reduce(StopVerdict(causes: [])) { $0.joined($1) }
        #expect(all.causes.count == 1)
        let blocker = try #require(all.blockers.first)
        #expect(blocker.code == "no-spare-replica" && blocker.object == "brokers 1, 2")
        #expect(blocker.reason.contains("2 partitions (t-0, t-1)"))
    }
}
