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
        #expect(stage.elect("t") == 0)
        #expect(try stage.leader("t") == 4)
        #expect(stage.elect("t") == 84)
    }

    @Test func `a leader that is removed hands over to the first target in sync`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]])
        #expect(try stage.move([("t", 0, [4, 3, 2])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.leader("t") == 4)
    }

    @Test func `one target that is not in sync holds the old replicas too`() throws {
        var stage = try KafkaStage(brokers: 5)
        try stage.topic("t", [[1, 2]])
        stage.kafka.kill(try node(5))
        stage.pass(.seconds(10))
        #expect(try stage.move([("t", 0, [3, 5])]) == [0])
        stage.pass(.seconds(60))
        #expect(try stage.inSync("t") == [1, 2, 3])
        #expect(try stage.replicas("t") == [3, 5, 1, 2])
    }

    @Test func `a dead but registered target is taken and hangs until it lives again`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]])
        stage.kafka.kill(try node(4))
        stage.pass(.seconds(10))
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        stage.pass(.seconds(3600))
        #expect(stage.kafka.reassignments().map(\.adding) == [[try node(4)]])
        try stage.kafka.start(stage.broker(4))
        stage.pass(.seconds(5))
        #expect(try stage.replicas("t") == [1, 4])
    }

    @Test func `a cordoned target is taken and the move completes`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]])
        #expect(try stage.set("cordoned.log.dirs", "*", ofBroker: 4) == 0)
        stage.pass(.seconds(1))
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.replicas("t") == [1, 4])
    }

    @Test func `errors are partition by partition inside a success, and the good ones move`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2], [1, 2], [1, 2], [1, 2]])
        let codes = try stage.move([
            ("t", 0, [3, 2]), ("absent", 0, [1, 2]), ("t", 9, [1, 2]), ("t", 1, [1, 7]), ("t", 2, [3, 3]), ("t", 3, []),
        ])
        #expect(codes == [0, 3, 3, 39, 39, 39])
        stage.pass(.seconds(2))
        #expect(try stage.replicas("t", 0) == [3, 2])
        #expect(try stage.replicas("t", 1) == [1, 2])
    }

    @Test func `another number of replicas is refused where the request forbids it, and a move counts by its target`()
        throws
    {
        var stage = try KafkaStage(brokers: 5)
        try stage.topic("t", [[1, 2]], size: 1_000_000_000)
        #expect(try stage.move([("t", 0, [1, 2, 3])], anyFactor: false) == [38])
        #expect(try stage.move([("t", 0, [1, 3])], anyFactor: false) == [0])
        #expect(try stage.replicas("t").count == 3)
        #expect(try stage.move([("t", 0, [1, 4, 3])], anyFactor: false) == [38])
        #expect(try stage.move([("t", 0, [1, 4])], anyFactor: false) == [0])
    }

    @Test func `another number of replicas is taken where the request allows it`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2, 3]])
        #expect(try stage.move([("t", 0, [2])]) == [0])
        #expect(try stage.replicas("t") == [2], "what only goes has nothing to wait for")
        #expect(try stage.leader("t") == 2)
        #expect(try stage.move([("t", 0, [2, 4])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.inSync("t") == [2, 4])
    }

    @Test func `beyond ten thousand partitions the surplus fails one by one`() throws {
        var model = KafkaModel()
        model.partitionsPerRequest = 3
        var stage = try KafkaStage(brokers: 3, model: model)
        try stage.topic("t", [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]])
        let codes = try stage.move((0..<5).map { ("t", $0, [1, 3]) })
        #expect(codes == [0, 0, 0, -1, -1])
        #expect(stage.kafka.reassignments().count == 3)
        #expect(KafkaModel().partitionsPerRequest == 10_000)
    }

    @Test func `cancelling keeps the originals and drops what was being added`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]], size: 10_000_000_000)
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        stage.pass(.seconds(10))
        #expect(stage.logBytes(4) > 1_000_000_000)
        #expect(try stage.move([("t", 0, nil)]) == [0])
        #expect(try stage.replicas("t") == [1, 2])
        #expect(stage.logBytes(4) == 0)
        #expect(try stage.move([("t", 0, nil)]) == [85])
        #expect(try stage.move([("t", 1, nil)]) == [3])
    }

    @Test func `the same target again has no effect`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]], size: 10_000_000_000)
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        let before = stage.kafka.reassignments()
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        #expect(stage.kafka.reassignments() == before)
    }

    @Test func `a cancel after an override does not restore the originals: one replica too many stays`() throws {
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]], size: 10_000_000_000)
        stage.kafka.kill(try node(4))
        stage.pass(.seconds(10))
        #expect(try stage.move([("t", 0, [1, 4])]) == [0])
        #expect(try stage.move([("t", 0, [1, 3])]) == [0])
        #expect(try stage.state("t").adding.map(\.rawValue) == [3])
        #expect(try stage.state("t").removing.map(\.rawValue) == [2, 4])
        #expect(try stage.move([("t", 0, nil)]) == [0])
        #expect(try stage.replicas("t") == [1, 2, 4])
    }

    @Test func `a cancel is refused when only replicas that are being added are in sync`() throws {
        // SEMANTICS.md "Reassignment" (KAFKA-14424).
        var stage = try KafkaStage(brokers: 4)
        try stage.topic("t", [[1, 2]])
        stage.kafka.kill(try node(4))
        stage.pass(.seconds(10))
        #expect(try stage.move([("t", 0, [3, 4])]) == [0])
        stage.pass(.seconds(2))
        #expect(try stage.inSync("t") == [1, 2, 3])
        stage.kafka.kill(try node(1))
        stage.kafka.kill(try node(2))
        stage.pass(.seconds(10))
        #expect(try stage.inSync("t") == [3])
        #expect(try stage.move([("t", 0, nil)]) == [39])
    }

    @Test func `a change of order alone is done at once, and the leader stays`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]])
        #expect(try stage.move([("t", 0, [3, 1, 2])]) == [0])
        #expect(try stage.replicas("t") == [3, 1, 2])
        #expect(stage.kafka.reassignments().isEmpty)
        #expect(try stage.leader("t") == 1)
    }

    @Test func `an election that cannot be had is told for each partition`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[3, 1, 2], [1, 2, 3]])
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(10))
        #expect(stage.elect("t") == 80)
        #expect(stage.elect("t", 1) == 84)
        #expect(stage.elect("t", 2) == 3)
        #expect(stage.kafka.electPreferredLeaders(nil).map(\.code.rawValue) == [80], "those that need one alone")
    }

    @Test func `Kafka's own balancing comes every five minutes and only above a tenth`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", (0..<20).map { _ in [1, 2, 3] })
        // One of twenty is below a tenth: it stays where it is.
        #expect(try stage.move([("t", 0, [2, 1, 3])]) == [0])
        #expect(stage.elect("t") == 0)
        #expect(try stage.move([("t", 0, [1, 2, 3])]) == [0])
        stage.pass(.seconds(700))
        #expect(try stage.leader("t") == 2)
        for partition in 1..<5 {
            #expect(try stage.move([("t", Int32(partition), [2, 1, 3])]) == [0])
            #expect(stage.elect("t", Int32(partition)) == 0)
            #expect(try stage.move([("t", Int32(partition), [1, 2, 3])]) == [0])
        }
        #expect(try stage.leader("t", 4) == 2)
        stage.pass(.seconds(301))
        #expect(try stage.leader("t", 4) == 1)
        #expect(try stage.leader("t", 0) == 1)
    }
}
