import FleetModel
import FleetSimulator
import Testing

/// Controllers and voters: KAFKA.md section 2; SEMANTICS.md "KRaft".
struct QuorumTests {
    private func add(_ stage: inout KafkaStage, _ id: Int, directory: Int? = nil, port: UInt16 = 19092) throws -> Int16
    {
        stage.kafka.addVoter(
            try node(id), directory: try KafkaStage.directory(directory ?? id),
            endpoint: Endpoint(host: "c\(id)", port: port)
        ).rawValue
    }

    private func remove(_ stage: inout KafkaStage, _ id: Int, directory: Int? = nil) throws -> Int16 {
        stage.kafka.removeVoter(try node(id), directory: try KafkaStage.directory(directory ?? id)).rawValue
    }

    private func quorum(_ stage: KafkaStage) -> QuorumObservation {
        stage.kafka.quorumObservation(at: Timestamp(milliseconds: 1_000_000_000))
    }

    @Test func `a new controller is an observer, and a voter once it has caught up and is added`() throws {
        var stage = try KafkaStage(brokers: 1)
        #expect(try add(&stage, 9004) == 7, "not started")
        try stage.kafka.start(stage.controller(9004))
        stage.pass(.seconds(1))
        #expect(try add(&stage, 9004) == 7, "not caught up")
        stage.pass(.seconds(1))
        #expect(quorum(stage).observers.map(\.id.rawValue) == [1, 9004])
        #expect(try add(&stage, 9004, directory: 5) == 7)
        #expect(try add(&stage, 9004, port: 1) == 7)
        #expect(try add(&stage, 9004) == 0)
        #expect(try add(&stage, 9004) == 126)
        #expect(try add(&stage, 9004, directory: 5) == 126)
        #expect(quorum(stage).voters.map(\.id.rawValue) == [9001, 9002, 9003, 9004])
    }

    @Test func `one change of the voters at a time`() throws {
        var stage = try KafkaStage(brokers: 1)
        for id in [9004, 9005] { try stage.kafka.start(stage.controller(id)) }
        stage.pass(.seconds(2))
        #expect(try add(&stage, 9004) == 0)
        #expect(try add(&stage, 9005) == 7)
        #expect(try remove(&stage, 9001) == 7)
        stage.pass(.milliseconds(100))
        #expect(try add(&stage, 9005) == 0)
    }

    @Test func `a broker that knows no voter is lost at the next election, and back once it knows one`() throws {
        func knowing(_ controllers: Int...) -> [String: String] {
            ["controller.quorum.bootstrap.servers": controllers.map { "c\($0):19092" }.joined(separator: ",")]
        }
        func serves(_ stage: KafkaStage, _ id: Int32) -> Bool {
            stage.kafka.registeredBrokers().contains { $0.id.rawValue == id && !$0.fenced }
        }
        func follows(_ stage: KafkaStage, _ id: Int32) -> Bool {
            quorum(stage).observers.contains { $0.id.rawValue == id && $0.lag == 0 }
        }
        var stage = try KafkaStage(brokers: 1)
        try stage.kafka.start(stage.broker(2, settings: knowing(9001)))
        try stage.kafka.start(stage.broker(3, settings: knowing(9001, 9002)))
        stage.pass(.seconds(5))
        #expect(try remove(&stage, 9001) == 0)
        stage.pass(.seconds(3))
        stage.kafka.kill(try node(9001))
        // The one that is active now, which they follow, goes too.
        let active = try #require(stage.kafka.activeController)
        stage.kafka.kill(active)
        stage.pass(.seconds(1))
        try stage.kafka.start(stage.controller(Int(active.rawValue)))
        stage.pass(.seconds(5))
        #expect(stage.kafka.activeController != nil)
        #expect(serves(stage, 2) && !follows(stage, 2), "its session lasts for a while")
        #expect(follows(stage, 1) && follows(stage, 3))
        stage.pass(.seconds(10))
        #expect(!serves(stage, 2))
        #expect(serves(stage, 1) && serves(stage, 3))
        #expect(try #require(stage.kafka.terminate(try node(2))) == .seconds(300), "nobody grants its shutdown")

        stage.kafka.kill(try node(2))
        try stage.kafka.start(stage.broker(2, settings: knowing(9001)))
        stage.pass(.seconds(30))
        #expect(!serves(stage, 2))
        stage.kafka.kill(try node(2))
        try stage.kafka.start(stage.broker(2, settings: knowing(9003)))
        stage.pass(.seconds(15))
        #expect(serves(stage, 2) && follows(stage, 2))
        let told = stage.kafka.settingsAtStart(["controller.quorum.bootstrap.servers"], of: try node(2))
        #expect(told.value?.map(\.value) == ["c9003:19092"])
    }

    @Test func `a removed voter runs on as an observer, and stays registered`() throws {
        var stage = try KafkaStage(brokers: 1)
        let leader = try #require(stage.kafka.activeController)
        let other = leader.rawValue == 9001 ? 9002 : 9001
        #expect(try remove(&stage, other, directory: 5) == 127)
        #expect(try remove(&stage, other) == 0)
        #expect(try remove(&stage, other) == 127)
        #expect(stage.kafka.activeController == leader)
        #expect(quorum(stage).observers.contains { $0.id.rawValue == other })
        #expect(stage.kafka.registeredControllers.map(\.rawValue) == [9001, 9002, 9003])
        stage.pass(try #require(stage.kafka.terminate(try node(other))))
        #expect(stage.kafka.registeredControllers.map(\.rawValue) == [9001, 9002, 9003], "for ever")
        #expect(!quorum(stage).observers.contains { $0.id.rawValue == other })
    }

    @Test func `the leader itself can be removed, and another leads two seconds later`() throws {
        var stage = try KafkaStage(brokers: 1)
        let leader = try #require(stage.kafka.activeController)
        #expect(try remove(&stage, Int(leader.rawValue)) == 0)
        #expect(stage.kafka.activeController == nil)
        stage.pass(.seconds(2))
        let next = try #require(stage.kafka.activeController)
        #expect(next != leader)
        #expect(quorum(stage).leaderEpoch == 2)
    }

    @Test func `the last voter stays`() throws {
        var stage = try KafkaStage(brokers: 1)
        for id in [9001, 9002] {
            #expect(try remove(&stage, id) == 0)
            stage.pass(.seconds(3))
        }
        #expect(try remove(&stage, 9003) == 42)
        #expect(stage.kafka.activeController?.rawValue == 9003)
    }

    @Test func `after the leader's death another leads two seconds later, and a dead voter's last fetch ages`() throws {
        var stage = try KafkaStage(brokers: 1)
        let leader = try #require(stage.kafka.activeController)
        stage.kafka.kill(leader)
        stage.pass(.milliseconds(1500))
        #expect(stage.kafka.activeController == nil)
        stage.pass(.seconds(3))
        #expect(stage.kafka.activeController != leader)
        let member = try #require(quorum(stage).voters.first { $0.id == leader })
        #expect(member.lastFetch == Timestamp(milliseconds: 1_000_000_000 - 4500))
        #expect(member.lag == 9)
        #expect(quorum(stage).voters.count == 3)
    }

    @Test func `without a majority nobody leads until it is back`() throws {
        var stage = try KafkaStage(brokers: 1)
        stage.kafka.kill(try node(9001))
        stage.kafka.cutOff(try node(9002), true)
        stage.pass(.seconds(60))
        #expect(stage.kafka.activeController == nil)
        stage.kafka.cutOff(try node(9002), false)
        stage.pass(.seconds(2))
        #expect(stage.kafka.activeController != nil)
    }

    @Test func `with automatic joining a removed voter is back two seconds later`() throws {
        var stage = try KafkaStage(brokers: 1)
        try stage.kafka.start(stage.controller(9004, settings: ["controller.quorum.auto.join.enable": "true"]))
        stage.pass(.seconds(4))
        #expect(quorum(stage).voters.count == 4)
        #expect(try remove(&stage, 9004) == 0)
        #expect(quorum(stage).voters.count == 3)
        stage.pass(.seconds(3))
        #expect(quorum(stage).voters.count == 4)
    }

    @Test func `a controller stops in less than a second and follows again two seconds after its start`() throws {
        var stage = try KafkaStage(brokers: 1)
        let after = try #require(stage.kafka.terminate(try node(9002)))
        #expect(after < .seconds(1))
        stage.pass(after)
        #expect(stage.kafka.takeEnds().map(\.exitCode) == [143])
        try stage.kafka.start(stage.controller(9002))
        #expect(!stage.kafka.answers(try node(9002)))
        stage.pass(.seconds(2))
        #expect(stage.kafka.answers(try node(9002)))
    }
}
