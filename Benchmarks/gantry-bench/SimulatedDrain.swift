import FleetModel
import FleetSimulator
import Glibc

/// How much virtual time a second of real time is worth: a drain of ten brokers of a thousand, and idle hours.
enum SimulatedDrain {
    static func run() {
        idle()
        drain(brokers: 1_000, topics: 2_000, partitions: 100, leaving: 10)
    }

    private static func line(_ name: String, virtual: Duration, real: Duration, _ more: String = "") {
        let (virtual, real) = (virtual / .seconds(1), real / .seconds(1))
        print(
            #"{"benchmark":"\#(name)","virtual_seconds":\#(Int(virtual)),"real_seconds":\#(real),"#
                + #""peak_memory_bytes":\#(peakMemory())\#(more)}"#)
    }

    static func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// Six brokers with records coming in, and a year in which nothing else happens.
    private static func idle() {
        let hours = 10_000
        let clock = ContinuousClock()
        var kafka = cluster(brokers: 6, racks: 3)
        var load = SimulatedLoad(
            topics: 10, partitions: 12,
            traffic: SimulatedTraffic(size: ByteCount(1 << 30), ingress: BytesPerSecond(100_000)))
        load.unevenness = PerMille(500)
        _ = kafka.createTopics(load)
        let start = clock.now
        kafka.advance(to: kafka.uptime + .seconds(3600) * hours)
        line("simulate-idle", virtual: .seconds(3600) * hours, real: clock.now - start)
    }

    private static func drain(brokers: Int, topics: Int, partitions: Int, leaving: Int) {
        let clock = ContinuousClock()
        let begun = clock.now
        var kafka = cluster(brokers: brokers, racks: 10)
        var load = SimulatedLoad(
            topics: topics, partitions: partitions,
            traffic: SimulatedTraffic(size: ByteCount(1_000_000_000), ingress: BytesPerSecond(10_000)))
        load.unevenness = PerMille(900)
        _ = kafka.createTopics(load)
        line("simulate-make", virtual: kafka.uptime, real: clock.now - begun)

        let start = clock.now
        let began = kafka.uptime
        let targets = Self.targets(kafka, leaving: leaving, of: brokers)
        throttle(&kafka, targets, brokers: brokers)
        for chunk in stride(from: 0, to: targets.count, by: 5_000) {
            _ = kafka.reassign(
                targets[chunk..<min(chunk + 5_000, targets.count)].map { ($0.partition, $0.replicas) },
                changingReplicationFactor: false)
        }
        var looks = 0
        while !kafka.reassignments().isEmpty {
            looks += 1
            kafka.advance(to: kafka.uptime + .seconds(5))
        }
        line(
            "simulate-drain", virtual: kafka.uptime - began, real: clock.now - start,
            #","moves":\#(targets.count),"looks":\#(looks)"#)
    }

    /// Controllers and brokers that serve.
    static func cluster(brokers: Int, racks: Int) -> SimulatedKafka {
        var model = KafkaModel()
        model.volume = ByteCount(8 << 40)
        model.line = BytesPerSecond(1_250_000_000)
        var kafka = SimulatedKafka(seed: 1, model: model)
        guard let clusterID = ClusterID(bytes: Array(1...16)), let directory = DirectoryID(bytes: Array(1...16)) else {
            return kafka
        }
        let controllers = NodeID.ids(9001...9003)
        kafka.formQuorum(
            of: controllers.map { SimulatedVoter(id: $0, directory: directory) }, cluster: clusterID)
        start(controllers + NodeID.ids(1...Int32(brokers)), racks: racks, &kafka)
        kafka.advance(to: .seconds(10))
        return kafka
    }

    /// Starts nodes, each in the rack of its number.
    static func start(_ nodes: [NodeID], racks: Int, _ kafka: inout SimulatedKafka) {
        guard let clusterID = ClusterID(bytes: Array(1...16)), let directory = DirectoryID(bytes: Array(1...16)) else {
            return
        }
        for id in nodes {
            guard let host = HostName(rawValue: "h\(id)") else { continue }
            kafka.start(
                SimulatedNode(
                    id: id, role: id.rawValue > 9000 ? .controller : .broker, clusterID: clusterID, host: host,
                    endpoint: Endpoint(host: "h\(id)", port: 9092), rack: "r\(Int(id.rawValue) % racks)",
                    directories: [.init(path: "/data/\(id)", volume: "/data", id: directory)]))
        }
    }

    /// A new place in the same rack for each replica on the last brokers, where the fewest have gone so far.
    private static func targets(_ kafka: SimulatedKafka, leaving: Int, of brokers: Int) -> [ReplicaTarget] {
        let first = Int32(brokers - leaving + 1)
        var given = [Int](repeating: 0, count: brokers + 1)
        var next = 1
        return kafka.partitionTable(sizes: false).rows.compactMap { row in
            guard row.replicas.contains(where: { $0 >= first }) else { return nil }
            let replicas = row.replicas.map { id -> Int32 in
                guard id >= first else { return id }
                repeat {
                    next = next % (Int(first) - 1) + 1
                } while row.replicas.contains(Int32(next)) || next % 10 != Int(id) % 10
                given[next] += 1
                return Int32(next)
            }
            return ReplicaTarget(partition: row.name, replicas: replicas.compactMap(NodeID.init(rawValue:)))
        }
    }

    /// 50 MB/s a broker and direction, with the lists that make it hold.
    private static func throttle(_ kafka: inout SimulatedKafka, _ targets: [ReplicaTarget], brokers: Int) {
        var changes: [ConfigurationOwner: [SettingChange]] = [:]
        for id in NodeID.ids(1...Int32(brokers)) {
            changes[.broker(id)] = ["leader", "follower"].map {
                SettingChange("\($0).replication.throttled.rate", .set("50000000"))
            }
        }
        for target in targets {
            changes[.topic(target.partition.topic)] = ["leader", "follower"].map {
                SettingChange("\($0).replication.throttled.replicas", .set("*"))
            }
        }
        _ = kafka.changeSettings(changes, at: .controller)
    }
}
