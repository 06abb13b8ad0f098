import FleetModel
import FleetSimulator
import Testing

/// A cluster to play rules on: three controllers, brokers from 1 on, one a host and a rack, all serving.
struct KafkaStage {
    var kafka: SimulatedKafka
    let clusterID: ClusterID

    init(brokers: Int, seed: UInt64 = 1, racks: Int? = nil, model: KafkaModel = KafkaModel()) throws {
        kafka = SimulatedKafka(seed: seed, model: model)
        clusterID = try #require(ClusterID(bytes: Array(1...16)))
        let voters = try (9001...9003).map { try SimulatedVoter(id: node($0), directory: Self.directory($0)) }
        kafka.formQuorum(of: voters, cluster: clusterID)
        for number in 9001...9003 { try kafka.start(controller(number)) }
        kafka.advance(to: .seconds(5))
        for number in 1...brokers { try kafka.start(broker(number, rack: "r\(number % (racks ?? brokers))")) }
        pass(.seconds(5))
        #expect(kafka.registeredBrokers().filter { !$0.fenced }.count == brokers)
    }

    static func directory(_ number: Int) throws -> DirectoryID {
        try #require(DirectoryID(bytes: (0..<16).map { UInt8(truncatingIfNeeded: number >> ($0 % 2 * 8) & 0x7f) }))
    }

    func controller(_ number: Int, settings: [String: String] = [:]) throws -> SimulatedNode {
        SimulatedNode(
            id: try node(number), role: .controller, clusterID: clusterID,
            host: try #require(HostName(rawValue: "c\(number)")), endpoint: Endpoint(host: "c\(number)", port: 19092),
            directories: [.init(path: "/data/\(number)", volume: "/data", id: try Self.directory(number))],
            settings: settings)
    }

    func broker(
        _ number: Int, rack: String? = nil, directories: Int = 1, settings: [String: String] = [:]
    ) throws -> SimulatedNode {
        SimulatedNode(
            id: try node(number), role: .broker, clusterID: clusterID,
            host: try #require(HostName(rawValue: "h\(number)")), endpoint: Endpoint(host: "h\(number)", port: 9092),
            rack: rack,
            directories: try (0..<directories).map {
                .init(path: "/data\($0)/\(number)", volume: "/data\($0)", id: try Self.directory(number * 8 + $0))
            }, settings: settings)
    }

    /// Lets time pass.
    mutating func pass(_ duration: Duration) { kafka.advance(to: kafka.uptime + duration) }

    /// Makes a topic on given brokers.
    mutating func topic(
        _ name: String, _ assignment: [[Int]], size: Int64 = 0, ingress: Int64 = 0, minInSync: Int? = nil,
        keepsAll: Bool = false
    ) throws {
        let settings = minInSync.map { ["min.insync.replicas": "\($0)"] } ?? [:]
        let made = kafka.createTopic(
            name, assignment: try assignment.map { try $0.map { try node($0) } },
            traffic: SimulatedTraffic(size: ByteCount(size), ingress: BytesPerSecond(ingress), keepsAll: keepsAll),
            settings: settings)
        #expect(made.code == .none)
    }

    /// Moves partitions of one topic, and gives the codes.
    mutating func move(_ targets: [(String, Int32, [Int]?)], anyFactor: Bool = true) throws -> [Int16] {
        let requests = try targets.map { topic, partition, replicas in
            (TopicPartition(topic: topic, partition: partition), try replicas?.map { try node($0) })
        }
        return kafka.reassign(requests, changingReplicationFactor: anyFactor).map(\.code.rawValue)
    }

    /// Elects the preferred leader of a partition, and gives the code.
    mutating func elect(_ topic: String, _ partition: Int32 = 0) -> Int16 {
        kafka.electPreferredLeaders([TopicPartition(topic: topic, partition: partition)])[0].code.rawValue
    }

    /// Changes a setting of a broker, at itself or at the active controller, and gives the code.
    mutating func set(
        _ name: String, _ value: String?, ofBroker id: Int, throughController: Bool = false
    ) throws -> Int16 {
        let change = SettingChange(name, value.map { .set($0) } ?? .delete)
        return kafka.changeSettings(
            [.broker(try node(id)): [change]], at: throughController ? .controller : .broker(try node(id)))[0].code
            .rawValue
    }

    /// Changes a setting of a topic, and gives the code.
    mutating func set(_ name: String, _ action: SettingChange.Action, ofTopic topic: String) -> Int16 {
        kafka.changeSettings([.topic(topic): [SettingChange(name, action)]], at: .controller)[0].code.rawValue
    }

    /// Throttles a broker in both directions, at the active controller.
    mutating func throttle(_ id: Int, _ rate: Int64) throws {
        for side in ["leader", "follower"] {
            #expect(
                try set("\(side).replication.throttled.rate", "\(rate)", ofBroker: id, throughController: true) == 0)
        }
    }

    /// The bytes of all logs that a broker tells of; −1 where it does not answer.
    func logBytes(_ id: Int32) -> Int64 {
        let told = NodeID(rawValue: id).flatMap { kafka.logDirectories(of: $0, partitions: nil).value }
        return told?.reduce(0) { $0 + $1.0.logBytes.bytes } ?? -1
    }

    /// The replicas that a broker tells of; −1 where it does not answer.
    func logReplicas(_ id: Int32) -> Int {
        let told = NodeID(rawValue: id).flatMap { kafka.logDirectories(of: $0, partitions: nil).value }
        return told?.reduce(0) { $0 + $1.0.replicas } ?? -1
    }

    /// The bytes that can still be written to a broker's first directory.
    func usable(_ id: Int32) -> Int64? {
        NodeID(rawValue: id).flatMap { kafka.logDirectories(of: $0, partitions: nil).value }?.first?.0.usable?.bytes
    }

    /// How long it takes until nothing moves any more; nil when that never comes within a day.
    mutating func timeToMove(step: Duration = .milliseconds(100)) -> Duration? {
        let start = kafka.uptime
        while !kafka.reassignments().isEmpty {
            guard kafka.uptime - start < .seconds(86_400) else { return nil }
            pass(step)
        }
        return kafka.uptime - start
    }

    func state(_ topic: String, _ partition: Int32 = 0) throws -> PartitionState {
        try #require(kafka.partition(TopicPartition(topic: topic, partition: partition)))
    }

    func replicas(_ topic: String, _ partition: Int32 = 0) throws -> [Int32] {
        try state(topic, partition).replicas.map(\.rawValue)
    }

    func inSync(_ topic: String, _ partition: Int32 = 0) throws -> [Int32] {
        try state(topic, partition).inSync.map(\.rawValue).sorted()
    }

    func leader(_ topic: String, _ partition: Int32 = 0) throws -> Int32? {
        try state(topic, partition).leader?.rawValue
    }
}

func node(_ number: Int) throws -> NodeID {
    try #require(Int32(exactly: number).flatMap(NodeID.init(rawValue:)))
}
