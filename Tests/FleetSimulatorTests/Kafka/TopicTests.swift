import FleetModel
import FleetSimulator
import Testing

/// Topics and records: KAFKA.md sections 5 and 11.
struct TopicTests {
    @Test func `replicas are placed over racks, and leaders and replicas evenly over brokers`() throws {
        var stage = try KafkaStage(brokers: 9, racks: 3)
        #expect(stage.kafka.createTopic("t", partitions: 90, replicationFactor: 3).code == .none)
        let table = stage.kafka.partitionTable(sizes: false)
        for row in table.rows {
            #expect(Set(row.replicas.map { $0 % 3 }).count == 3, "one replica a rack")
        }
        for (_, load) in table.load() {
            #expect(load.leaders == 10)
            #expect((28...32).contains(load.replicas))
        }
    }

    @Test func `fenced brokers get nothing, and too few are an error`() throws {
        var stage = try KafkaStage(brokers: 3)
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(10))
        #expect(stage.kafka.createTopic("t", partitions: 1, replicationFactor: 3).code.rawValue == 38)
        #expect(stage.kafka.createTopic("t", partitions: 4, replicationFactor: 2).code == .none)
        #expect(stage.kafka.createTopic("t", partitions: 4, replicationFactor: 2).code.rawValue == 36)
        #expect(stage.kafka.createTopic("none", partitions: 0, replicationFactor: 2).code.rawValue == 37)
        #expect(stage.kafka.createTopic("many", partitions: 10_001, replicationFactor: 1).code.rawValue == 44)
        #expect(stage.kafka.createTopic("u", assignment: [[try node(9)]]).code.rawValue == 39)
    }

    @Test func `a load has its mean in bytes and is the same for the same seed`() throws {
        var load = SimulatedLoad(
            topics: 10, partitions: 20,
            traffic: SimulatedTraffic(size: ByteCount(1_000_000), ingress: BytesPerSecond(10)))
        load.unevenness = PerMille(500)
        var sizes: [[Int64]] = []
        for seed: UInt64 in [1, 1, 2] {
            var stage = try KafkaStage(brokers: 6, seed: seed)
            #expect(stage.kafka.createTopics(load).allSatisfy { $0.code == .none })
            let rows = stage.kafka.partitionTable(sizes: true).rows.compactMap { $0.size?.bytes }
            #expect(rows.count == 200)
            #expect(rows.allSatisfy { (500_000...1_500_000).contains($0) })
            #expect((900_000...1_100_000).contains(rows.reduce(0, +) / 200))
            sizes.append(rows)
        }
        #expect(sizes[0] == sizes[1])
        #expect(sizes[0] != sizes[2])
    }

    @Test func `a deleted topic's bytes go, its settings too, and its name can be had again`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2], [2, 3]], size: 1000)
        #expect(stage.set("min.insync.replicas", .set("2"), ofTopic: "t") == 0)
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        #expect(stage.kafka.deleteTopics(["t", "absent"]).map(\.code.rawValue) == [0, 3])
        #expect(stage.kafka.reassignments().isEmpty)
        #expect(stage.logBytes(2) == 0)
        #expect(stage.kafka.partitionTable(sizes: false).count == 0)
        try stage.topic("t", [[1]])
        #expect(
            stage.kafka.dynamicSettings(["min.insync.replicas"], of: .topic("t")).value?.first?.source == .allBrokers)
        stage.pass(.seconds(100))
    }

    @Test func `logs grow with what comes in, or stay as long as retention keeps them`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("grows", [[1, 2]], size: 1000, ingress: 100, keepsAll: true)
        try stage.topic("stays", [[1, 2]], size: 1000, ingress: 100)
        stage.pass(.seconds(50))
        #expect(try stage.state("grows").size.bytes == 6000)
        #expect(try stage.state("stays").size.bytes == 1000)
        #expect(stage.logBytes(2) == 7000)
    }

    @Test func `a canary makes its topic at first need, and proves its broker alone`() throws {
        var stage = try KafkaStage(brokers: 3)
        guard case .ok(let first, let fetch) = stage.kafka.canary(try node(2)) else {
            Issue.record("no canary")
            return
        }
        #expect(first > .milliseconds(65) && fetch > .zero)
        #expect(try stage.replicas("__gantry-canary-2") == [2])
        guard case .ok(let second, _) = stage.kafka.canary(try node(2)) else {
            Issue.record("no canary")
            return
        }
        #expect(second < .milliseconds(57))
        stage.kafka.kill(try node(2))
        guard case .failed = stage.kafka.canary(try node(2)) else {
            Issue.record("a dead broker's canary")
            return
        }
        guard case .ok = stage.kafka.canary(try node(1)) else {
            Issue.record("no canary")
            return
        }
    }

    @Test func `a canary whose topic lies elsewhere says so`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("__gantry-canary-2", [[1]])
        guard case .failed(let reason) = stage.kafka.canary(try node(2)) else {
            Issue.record("it did not fail")
            return
        }
        #expect(reason.contains("delete the topic"))
    }
}
