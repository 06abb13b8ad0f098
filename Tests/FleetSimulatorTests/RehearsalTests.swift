import FleetModel
import Observation
import OperationModel
import Operations
import Testing

@testable import FleetSimulator

/// Copies of a fleet: what was seen of it is in them, as it was.
struct ObservedFleetTests {
    private func seen(_ stage: Stage) throws -> ObservedFleet {
        let (fleet, layout, time) = (stage.fleet, stage.layout, stage.time)
        let snapshot = try stage.run {
            await Observer(hosts: fleet, containers: fleet, cluster: fleet, clock: time).snapshot(
                Observer.Request(
                    hosts: Set(layout.nodes.map(\.host)).sorted(), layout: .known(layout), canary: false))
        }
        return ObservedFleet(
            specification: stage.specification, layout: stage.layout, snapshot: snapshot, files: [:])
    }

    private func loaded(_ stage: Stage) throws {
        try stage.bootstrap()
        stage.fleet.withState { state in
            var load = SimulatedLoad(topics: 3, partitions: 7, traffic: SimulatedTraffic(size: ByteCount(1 << 30)))
            load.unevenness = PerMille(800)
            load.settings = ["min.insync.replicas": "2"]
            _ = state.kafka.createTopics(load)
            let racks = state.hosts.keys.sorted()
            state.hosts[racks[0]]?.disks["/data"]?.total = ByteCount(40 << 30)
        }
        try stage.pass(.seconds(30))
    }

    private func describe(_ table: PartitionTable) -> [String] {
        table.rows.map {
            "\($0.name) \($0.leader?.description ?? "-") \(Array($0.replicas)) \($0.inSync.sorted()) "
                + "\($0.size?.bytes ?? -1) \($0.topic.minInSyncReplicas ?? 0)"
        }
    }

    @Test func `a copy has the partitions, sizes, leaders and brokers that were seen`() throws {
        let stage = try Stage()
        try loaded(stage)
        let fleet = try seen(stage)
        let copy = try FleetState(copying: fleet)
        let wanted = try #require(fleet.snapshot.cluster.value?.partitions.value)
        #expect(describe(copy.kafka.partitionTable(sizes: true)) == describe(wanted))
        #expect(copy.kafka.registeredBrokers() == fleet.snapshot.cluster.value?.brokers.value)
        #expect(copy.kafka.activeController != nil)
        #expect(copy.troubles.isEmpty)
    }

    @Test func `what is dead, frozen or out of reach in the fleet is so in the copy`() throws {
        let stage = try Stage()
        try loaded(stage)
        let (third, unreached) = (try stage.node(3), try stage.host(3))
        stage.fleet.withState { state in
            state.kill(third)
            state.afflict(unreached, with: .refusesSSH)
        }
        try stage.pass(.seconds(30))
        let fleet = try seen(stage)
        var copy = try FleetState(copying: fleet)
        let wanted = try #require(fleet.snapshot.cluster.value?.partitions.value)
        #expect(describe(copy.kafka.partitionTable(sizes: true)) == describe(wanted))
        #expect(copy.kafka.registeredBrokers() == fleet.snapshot.cluster.value?.brokers.value)
        #expect(copy.hosts[unreached]?.isReachable == false)
        copy.advance(to: copy.now + .seconds(60))
        #expect(copy.kafka.registeredBrokers() == fleet.snapshot.cluster.value?.brokers.value)
    }

    @Test(arguments: [(30, 20...40), (200, 190...215), (600, nil)] as [(Int, ClosedRange<Int64>?)])
    func `who has been silent for some time has been so in the copy, and who is forgotten is forgotten there`(
        seconds: Int, silence: ClosedRange<Int64>?
    ) throws {
        let stage = try Stage()
        try loaded(stage)
        let gone = try stage.host(3)
        stage.fleet.withState { $0.afflict(gone, with: .poweredOff) }
        try stage.pass(.seconds(seconds))
        let fleet = try seen(stage)
        let copy = try FleetState(copying: fleet)
        let brokers = stage.layout.nodes(on: gone).filter { $0.role == .broker }.map(\.id)
        var cluster = try #require(fleet.snapshot.cluster.value)
        func least() -> Int64? { Silence(of: brokers, cluster).least?.components.seconds }
        let seen = least()
        cluster.quorum = .known(copy.kafka.quorumObservation(at: fleet.snapshot.takenAt))
        let copied = least()
        #expect(
            (seen == nil) == (silence == nil) && (copied == nil) == (silence == nil), "\(seen as Any) \(copied as Any)")
        if let silence, let seen, let copied {
            #expect(silence.contains(seen) && abs(seen - copied) <= 3, "\(seen) \(copied)")
        }
    }

    @Test func `what was moved away takes space for a minute, and counts to nobody afterwards`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]], size: 125_000_000)
        // What it takes, and what it has.
        func bytes(_ slot: Int) -> [Int64] {
            let taken = stage.kafka.brokers[slot].directories.indices.map { stage.kafka.takenBytes(at: slot, $0) }
            return [taken.reduce(0, +), stage.kafka.ownBytes(at: slot)]
        }
        #expect(bytes(2) == [125_000_000, 125_000_000])
        #expect(try stage.move([("t", 0, [4, 2, 1])]) == [0])
        stage.pass(.seconds(3))
        #expect(bytes(2) == [125_000_000, 0])
        #expect(bytes(3) == [125_000_000, 125_000_000])
        stage.pass(.seconds(90))
        #expect(bytes(2) == [0, 0])
    }

    @Test func `a disk of the copy is as full as the one that was seen`() throws {
        let stage = try Stage()
        try loaded(stage)
        let fleet = try seen(stage)
        let copy = try FleetState(copying: fleet)
        for host in fleet.snapshot.hosts {
            for disk in host.disks {
                let found = try #require(copy.hosts[host.host]?.disks[disk.path])
                let used = found.foreign + copy.kafka.bytes(on: disk.path, of: host.host)
                #expect(found.total == disk.total)
                // Canaries and files that are being deleted make no difference worth a word.
                #expect(abs((found.total - used).bytes - disk.free.bytes) < 1 << 20)
            }
        }
    }

    @Test func `canaries count among no broker's leaders and replicas`() throws {
        let stage = try Stage()
        try loaded(stage)
        stage.fleet.withState { state in
            for broker in state.picture().brokers { _ = state.kafka.canary(broker.id) }
        }
        try stage.pass(.seconds(5))
        stage.fleet.withState { state in
            let canaries = state.kafka.topics.count { CanaryTopic.broker(of: $0.name) != nil }
            let picture = state.picture()
            #expect(canaries == picture.brokers.count && canaries > 0)
            #expect(picture.brokers.map(\.leaders).reduce(0, +) == 21)
            #expect(picture.brokers.map(\.replicas).reduce(0, +) == 63)
        }
    }

    @Test func `a cluster of which no broker answers can't be copied, and says so`() throws {
        let stage = try Stage()
        let fleet = try seen(stage)
        let problem = #expect(throws: SimulationProblem.self) { try FleetState(copying: fleet) }
        #expect(problem?.reason.isEmpty == false)
    }
}
