import FleetModel
import FleetSimulator
import Testing

/// How brokers come and go: KAFKA.md sections 3, 8, 9, 10; SEMANTICS.md "Stopping and starting".
struct BrokerLifeTests {
    private func isFenced(_ stage: KafkaStage, _ id: Int32) -> Bool? {
        stage.kafka.registeredBrokers().first { $0.id.rawValue == id }?.fenced
    }

    /// How long it takes until `condition` holds; nil when it does not within ten minutes.
    private func time(
        _ stage: inout KafkaStage, until condition: (KafkaStage) throws -> Bool
    ) rethrows -> Duration? {
        let start = stage.kafka.uptime
        while try !condition(stage) {
            guard stage.kafka.uptime - start < .seconds(600) else { return nil }
            stage.pass(.milliseconds(50))
        }
        return stage.kafka.uptime - start
    }

    @Test func `a broker serves two seconds after its start, and its port opens with that`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.kafka.start(stage.broker(4))
        stage.pass(.milliseconds(1900))
        #expect(isFenced(stage, 4) == true)
        #expect(!stage.kafka.answers(try node(4)))
        stage.pass(.milliseconds(150))
        #expect(isFenced(stage, 4) == false)
        #expect(stage.kafka.answers(try node(4)))
    }

    @Test func `a killed broker looks alive until its session ends`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[2, 1, 3]], ingress: 1_000_000)
        stage.kafka.kill(try node(2))
        #expect(isFenced(stage, 2) == false)
        #expect(try stage.leader("t") == 2)
        #expect(try stage.state("t").isWritten == false)
        let fenced = try #require(time(&stage) { isFenced($0, 2) == true })
        #expect(fenced > .milliseconds(7850) && fenced < .milliseconds(8600), "\(fenced)")
        #expect(try stage.leader("t") == 1)
        #expect(try stage.inSync("t") == [1, 3])
        #expect(try stage.state("t").isWritten)
    }

    @Test func `a killed broker that starts at once waits for its old session to end`() throws {
        var stage = try KafkaStage(brokers: 3)
        stage.kafka.kill(try node(2))
        try stage.kafka.start(stage.broker(2))
        _ = time(&stage) { isFenced($0, 2) == true }
        stage.pass(.milliseconds(100))
        let total = try #require(time(&stage) { isFenced($0, 2) == false }) + .milliseconds(8400)
        #expect(
            total > .milliseconds(8800) && total < .milliseconds(11_000), "about ten seconds after the kill: \(total)")
    }

    @Test func `a clean stop moves leaders away at once, is fenced in two to five seconds and exits with 143`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[2, 1, 3]])
        let gone = try #require(stage.kafka.terminate(try node(2)))
        #expect(gone > .milliseconds(2500) && gone < .milliseconds(4800))
        stage.pass(.milliseconds(200))
        #expect(try stage.leader("t") == 1)
        #expect(try stage.inSync("t") == [1, 3])
        #expect(stage.kafka.takeEnds().isEmpty)
        let fenced = try #require(time(&stage) { isFenced($0, 2) == true })
        #expect(fenced > .seconds(1) && fenced < .milliseconds(4400))
        stage.pass(.seconds(1))
        #expect(stage.kafka.takeEnds().map(\.exitCode) == [143])
        #expect(stage.kafka.takeEnds().isEmpty)
    }

    @Test func `after a clean stop too a restart at once waits some ten seconds, one four seconds later six`() throws {
        for (pause, expected) in [(Duration.zero, 9.2...10.7), (.seconds(4), 5.2...6.7)] {
            var stage = try KafkaStage(brokers: 3)
            let gone = try #require(stage.kafka.terminate(try node(2)))
            stage.pass(gone + pause)
            try stage.kafka.start(stage.broker(2))
            let serves = try #require(time(&stage) { isFenced($0, 2) == false }) / .seconds(1)
            #expect(expected.contains(serves), "\(serves)")
        }
    }

    @Test func `an unregistered broker that starts again waits for nothing and takes its replicas back`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]])
        stage.pass(try #require(stage.kafka.terminate(try node(2))))
        #expect(stage.kafka.unregister(try node(2)) == .none)
        #expect(stage.kafka.unregister(try node(2)) == .brokerIDNotRegistered)
        #expect(try stage.replicas("t") == [1, 2])
        #expect(try stage.inSync("t") == [1])
        #expect(isFenced(stage, 2) == nil)
        #expect(try stage.move([("t", 0, [1, 2])]) == [39])
        try stage.kafka.start(stage.broker(2))
        let serves = try #require(time(&stage) { isFenced($0, 2) == false })
        #expect(serves < .seconds(3))
        stage.pass(.seconds(1))
        #expect(try stage.inSync("t") == [1, 2])
    }

    @Test func `a live broker that is unregistered lives on as a zombie whose stop takes five minutes`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2], [2]])
        #expect(stage.kafka.unregister(try node(2)) == .none)
        #expect(try stage.inSync("t") == [1])
        #expect(try stage.leader("t", 1) == nil)
        stage.pass(.seconds(3600))
        #expect(isFenced(stage, 2) == nil)
        #expect(stage.kafka.answers(try node(2)), "its port still answers")
        #expect(stage.kafka.terminate(try node(2)) == .seconds(300))
    }

    @Test func `a stop without a controller takes five minutes`() throws {
        var stage = try KafkaStage(brokers: 3)
        for id in 9001...9003 { stage.kafka.kill(try node(id)) }
        #expect(stage.kafka.terminate(try node(1)) == .seconds(300))
        stage.pass(.seconds(301))
        #expect(stage.kafka.takeEnds().map(\.exitCode) == [143])
    }

    @Test func `a broker of another cluster, or one that finds no controller, gives up after a minute with 1`() throws {
        var stage = try KafkaStage(brokers: 3)
        var foreign = try stage.broker(4)
        foreign.clusterID = try #require(ClusterID(rawValue: "another"))
        stage.kafka.start(foreign)
        stage.pass(.seconds(61))
        #expect(stage.kafka.takeEnds().isEmpty)
        stage.pass(.seconds(2))
        let ends = stage.kafka.takeEnds()
        #expect(ends.map(\.exitCode) == [1])
        #expect(ends.map(\.at) == [stage.kafka.uptime - .seconds(1)])
    }

    @Test func `a partition that lost its last replica is offline with an empty ISR, and comes back with it`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[2]])
        stage.pass(try #require(stage.kafka.terminate(try node(2))))
        #expect(try stage.leader("t") == nil)
        #expect(try stage.inSync("t") == [])
        #expect(try stage.state("t").eligible.map(\.rawValue) == [2])
        try stage.kafka.start(stage.broker(2))
        stage.pass(.seconds(12))
        #expect(try stage.leader("t") == 2)
        #expect(try stage.inSync("t") == [2])
    }

    @Test func `below the minimal ISR a dead replica stays eligible, unless its end was unclean`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]], ingress: 1000, minInSync: 2)
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(10))
        #expect(try stage.state("t").eligible.isEmpty)
        #expect(try stage.state("t").isWritten)
        stage.kafka.kill(try node(2))
        stage.pass(.seconds(10))
        #expect(try stage.inSync("t") == [1])
        #expect(try stage.state("t").eligible.map(\.rawValue) == [2])
        #expect(try stage.state("t").isWritten == false, "acks=all is refused")
        try stage.kafka.start(stage.broker(2))
        stage.pass(.milliseconds(1300))
        #expect(try stage.state("t").eligible.isEmpty, "an unclean stop costs the membership")
        stage.pass(.seconds(3))
        #expect(try stage.inSync("t") == [1, 2])
    }

    @Test func `without eligible replicas the last member never leaves the ISR`() throws {
        var model = KafkaModel()
        model.eligibleLeaderReplicas = false
        var stage = try KafkaStage(brokers: 3, model: model)
        try stage.topic("t", [[2]])
        stage.kafka.kill(try node(2))
        stage.pass(.seconds(10))
        #expect(try stage.leader("t") == nil)
        #expect(try stage.inSync("t") == [2])
    }

    @Test func `a short cut of the network changes nothing, a longer one fences`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]], size: 1_000_000, ingress: 1000)
        stage.kafka.cutOff(try node(3), true)
        #expect(!stage.kafka.answers(try node(3)))
        stage.pass(.seconds(6))
        stage.kafka.cutOff(try node(3), false)
        stage.pass(.seconds(20))
        #expect(isFenced(stage, 3) == false)
        #expect(try stage.inSync("t") == [1, 2, 3])
        stage.kafka.cutOff(try node(3), true)
        stage.pass(.seconds(10))
        #expect(isFenced(stage, 3) == true)
        #expect(try stage.inSync("t") == [1, 2])
        stage.kafka.cutOff(try node(3), false)
        stage.pass(.seconds(4))
        #expect(try stage.inSync("t") == [1, 2, 3])
    }

    @Test func `without a controller nobody is fenced, and the next one counts sessions anew`() throws {
        var stage = try KafkaStage(brokers: 3)
        for id in [9001, 9002] { stage.kafka.kill(try node(id)) }
        stage.kafka.kill(try node(2))
        stage.pass(.seconds(60))
        #expect(isFenced(stage, 2) == false)
        for id in [9001, 9002] { try stage.kafka.start(stage.controller(id)) }
        stage.pass(.seconds(5))
        #expect(stage.kafka.activeController != nil)
        #expect(isFenced(stage, 2) == false)
        stage.pass(.seconds(10))
        #expect(isFenced(stage, 2) == true)
    }

    @Test func `nothing comes in while the leader is dead and not yet replaced`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]], size: 0, ingress: 1_000_000, keepsAll: true)
        stage.pass(.seconds(100))
        #expect(try stage.state("t").size.bytes == 100_000_000)
        stage.kafka.kill(try node(1))
        stage.pass(.seconds(7))
        #expect(try stage.state("t").size.bytes == 100_000_000)
        stage.pass(.seconds(3))
        #expect(try stage.leader("t") == 2)
        #expect(try stage.state("t").size.bytes > 101_000_000)
    }
}
