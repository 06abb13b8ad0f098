import FleetModel
import FleetSimulator
import Testing

/// Log directories and their file systems: KAFKA.md section 7; SEMANTICS.md "Removing a broker".
struct DirectoryTests {
    private func directories(_ stage: KafkaStage, _ id: Int) throws -> [LogDirectoryObservation] {
        try #require(stage.kafka.logDirectories(of: try node(id), partitions: nil).value).map { $0.0 }
    }

    @Test func `new replicas go to the directory with the fewest, whatever its space`() throws {
        var stage = try KafkaStage(brokers: 2)
        try stage.kafka.start(stage.broker(3, directories: 2))
        stage.pass(.seconds(3))
        let host = try #require(HostName(rawValue: "h3"))
        stage.kafka.setVolume("/data1", of: host, total: ByteCount(1 << 20), foreign: .zero)
        try stage.topic("big", [[3]], size: 1 << 30)
        try stage.topic("small", [[3], [3], [3]], size: 1000)
        #expect(try directories(stage, 3).map(\.replicas) == [2, 2])
    }

    @Test func `a directory tells its logs and the size and room of its file system`() throws {
        var stage = try KafkaStage(brokers: 1)
        stage.kafka.setVolume(
            "/data0", of: try #require(HostName(rawValue: "h1")), total: ByteCount(10_000_000_000),
            foreign: ByteCount(1_000_000_000))
        try stage.topic("t", [[1], [1]], size: 2_000_000_000)
        let found = try #require(try directories(stage, 1).first)
        #expect(found.path == "/data0/1")
        #expect(found.logBytes.bytes == 4_000_000_000)
        #expect(found.replicas == 2)
        #expect(found.total?.bytes == 10_000_000_000)
        #expect(found.usable?.bytes == 5_000_000_000)
        let one = stage.kafka.logDirectories(
            of: try node(1), partitions: [TopicPartition(topic: "t", partition: 1)])
        #expect(one.value?.first?.replicas.map(\.0.partition) == [1])
    }

    @Test func `a full file system takes its directory offline, and the other replicas lead`() throws {
        var stage = try KafkaStage(brokers: 2)
        try stage.kafka.start(stage.broker(3, directories: 2))
        stage.pass(.seconds(3))
        try stage.topic("t", [[3, 1], [3, 1]], size: 1000)
        let host = try #require(HostName(rawValue: "h3"))
        stage.kafka.setVolume("/data0", of: host, total: ByteCount(1 << 30), foreign: ByteCount(1 << 30))
        stage.pass(.seconds(1))
        #expect(try directories(stage, 3).map(\.error) == ["KAFKA_STORAGE_ERROR", nil])
        #expect(try directories(stage, 3).map(\.total) == [nil, ByteCount(100 << 30)])
        #expect(stage.kafka.registeredBrokers().last?.fenced == false, "the broker lives on")
        #expect(try [stage.leader("t", 0), stage.leader("t", 1)] == [1, 3])
        #expect(try stage.inSync("t", 0) == [1])
    }

    @Test func `a copy that fills its disk takes the directory offline and never ends`() throws {
        var stage = try KafkaStage(brokers: 2)
        try stage.kafka.start(stage.broker(3, directories: 2))
        stage.pass(.seconds(3))
        try stage.topic("t", [[1]], size: 3_000_000_000)
        let host = try #require(HostName(rawValue: "h3"))
        for path in ["/data0", "/data1"] {
            stage.kafka.setVolume(path, of: host, total: ByteCount(1_000_000_000), foreign: .zero)
        }
        #expect(try stage.move([("t", 0, [3])]) == [0])
        stage.pass(.seconds(7))
        #expect(try directories(stage, 3).map(\.error) == [nil, nil])
        stage.pass(.seconds(5))
        #expect(try directories(stage, 3).map(\.error) == ["KAFKA_STORAGE_ERROR", nil])
        stage.pass(.seconds(600))
        #expect(stage.kafka.reassignments().count == 1)
        #expect(try stage.leader("t") == 1)
    }

    @Test func `a broker whose last directory fails halts with 1`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[3, 1]], size: 1000)
        let host = try #require(HostName(rawValue: "h3"))
        stage.kafka.setVolume("/data0", of: host, total: ByteCount(1 << 30), foreign: ByteCount(1 << 30))
        stage.pass(.seconds(1))
        #expect(stage.kafka.takeEnds().map(\.exitCode) == [1])
        stage.pass(.seconds(10))
        #expect(try stage.leader("t") == 1)
    }

    @Test func `logs that keep all their records fill a disk in the time that it takes`() throws {
        var stage = try KafkaStage(brokers: 1)
        stage.kafka.setVolume(
            "/data0", of: try #require(HostName(rawValue: "h1")), total: ByteCount(10_000_000_000), foreign: .zero)
        try stage.topic("t", [[1]], ingress: 1_000_000, keepsAll: true)
        stage.pass(.seconds(9_990))
        #expect(stage.kafka.takeEnds().isEmpty)
        stage.pass(.seconds(20))
        #expect(stage.kafka.takeEnds().map(\.exitCode) == [1])
    }

    @Test func `a directory that comes back empty has to be filled anew`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]], size: 1_000_000_000)
        stage.pass(try #require(stage.kafka.terminate(try node(2))))
        var broker = try stage.broker(2)
        broker.directories[0].id = try KafkaStage.directory(77)
        stage.pass(.seconds(10))
        stage.kafka.start(broker)
        stage.pass(.seconds(5))
        #expect(try stage.inSync("t") == [1])
        #expect(stage.logBytes(2) < 1_000_000_000)
        stage.pass(.seconds(10))
        #expect(try stage.inSync("t") == [1, 2])
    }
}
