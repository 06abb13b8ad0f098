import FleetModel
import FleetSimulator
import Testing

/// Moves by the rules of KIP-455: SEMANTICS.md "Reassignment", KAFKA.md section 5.
struct ReassignmentTests {
    @Test func `while it moves a partition has old and new replicas, and the new list when all targets are in sync`()
        throws
    {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]], size: 125_000_000)
        #expect(try stage.move([("t", 0, [4, 2, 1])]) == [0])
        #expect(try stage.replicas("t") == [4, 2, 1, 3])
        #expect(try stage.state("t").adding.map(\.rawValue) == [4])
        #expect(try stage.state("t").removing.map(\.rawValue) == [3])
        stage.pass(.milliseconds(500))
        #expect(try stage.replicas("t").count == 4)
        stage.pass(.seconds(2))
        #expect(try stage.replicas("t") == [4, 2, 1])
        #expect(try stage.inSync("t") == [1, 2, 4])
        #expect(stage.kafka.reassignments().isEmpty)
    }

    @Test func `moving data elects nobody, and the preferred leader leads after an election`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]])
        #expect(try stage.move([("t", 0, [4, 1, 2])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.leader("t") == 1)
        let partition = TopicPartition(topic: "t", partition: 0)
        #expect(stage.kafka.electPreferredLeaders([partition]).map(\.code.rawValue) == [0])
        #expect(try stage.leader("t") == 4)
        #expect(stage.kafka.electPreferredLeaders([partition]).map(\.code.rawValue) == [84])
    }

    @Test func `a leader that is removed hands over to the first target in sync`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]])
        #expect(try stage.move([("t", 0, [4, 3, 2])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.leader("t") == 4)
    }
}
