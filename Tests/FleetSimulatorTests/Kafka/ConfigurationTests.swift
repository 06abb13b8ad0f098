import FleetModel
import FleetSimulator
import Testing

/// Settings that are made while the cluster runs: KAFKA.md sections 4, 6, 8 and 10.
struct ConfigurationTests {
    private static let rate = "leader.replication.throttled.rate"
    private static let list = "leader.replication.throttled.replicas"

    private func value(_ stage: KafkaStage, _ name: String, of owner: ConfigurationOwner) -> Setting? {
        stage.kafka.dynamicSettings([name], of: owner).value?.first
    }

    @Test func `lists are added to and taken from without a loss, and the last leaves an empty value`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]])
        #expect(stage.set(Self.list, .append(["0:1", "0:2"]), ofTopic: "t") == 0)
        #expect(stage.set(Self.list, .append(["0:2", "1:3"]), ofTopic: "t") == 0)
        #expect(value(stage, Self.list, of: .topic("t"))?.value == "0:1,0:2,1:3")
        #expect(value(stage, Self.list, of: .topic("t"))?.source == .topic)
        #expect(stage.set(Self.list, .subtract(["0:1", "1:3", "0:2", "9:9"]), ofTopic: "t") == 0)
        #expect(value(stage, Self.list, of: .topic("t"))?.value == "")
        #expect(stage.set(Self.list, .delete, ofTopic: "t") == 0)
        #expect(value(stage, Self.list, of: .topic("t")) == nil)
    }

    @Test func `bad values, lists onto a star, doubled keys and unknown topics are refused with Kafka's codes`() throws
    {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2]])
        #expect(stage.set(Self.list, .set("*"), ofTopic: "t") == 0)
        #expect(stage.set(Self.list, .append(["0:1"]), ofTopic: "t") == 40)
        #expect(stage.set(Self.list, .set("0-1"), ofTopic: "t") == 40)
        #expect(stage.set("segment.bytes", .append(["1"]), ofTopic: "t") == 40)
        #expect(stage.set(Self.list, .delete, ofTopic: "absent") == 3)
        #expect(try stage.set(Self.rate, "fast", ofBroker: 1) == 40)
        let twice = [SettingChange(Self.rate, .set("1")), SettingChange(Self.rate, .set("2"))]
        #expect(
            stage.kafka.changeSettings([.broker(try node(1)): twice], at: .controller).map(\.code.rawValue) == [42])
        #expect(value(stage, Self.rate, of: .broker(try node(1))) == nil, "taken or refused as a whole")
    }

    @Test func `a broker takes its own settings alone, the controller those of all, dead brokers included`() throws {
        var stage = try KafkaStage(brokers: 4)
        let change = [SettingChange(Self.rate, .set("1000"))]
        let owner = ConfigurationOwner.broker(try node(2))
        let elsewhere = stage.kafka.changeSettings([owner: change], at: .broker(try node(1)))
        #expect(elsewhere.map(\.code.rawValue) == [42])
        stage.kafka.kill(try node(2))
        stage.pass(.seconds(10))
        try stage.topic("t", [[1, 3]])
        let batch = stage.kafka.changeSettings(
            [owner: change, .broker(try node(1)): change, .topic("t"): [SettingChange(Self.list, .set("*"))]],
            at: .controller)
        #expect(batch.map(\.code.rawValue) == [0, 0, 0])
        #expect(value(stage, Self.rate, of: .broker(try node(1)))?.source == .broker)
        #expect(stage.kafka.dynamicSettings([Self.rate], of: owner).reason != nil, "a dead broker's can't be read")
        #expect(try stage.set(Self.rate, "1", ofBroker: 77) == 102)
    }

    @Test func `settings survive unregistering and can't be changed meanwhile`() throws {
        var stage = try KafkaStage(brokers: 3)
        #expect(try stage.set("cordoned.log.dirs", "*", ofBroker: 3) == 0)
        stage.pass(try #require(stage.kafka.terminate(try node(3))))
        #expect(stage.kafka.unregister(try node(3)) == .none)
        #expect(try stage.set("cordoned.log.dirs", nil, ofBroker: 3, throughController: true) == 102)
        try stage.kafka.start(stage.broker(3))
        stage.pass(.seconds(3))
        #expect(value(stage, "cordoned.log.dirs", of: .broker(try node(3)))?.value == "*")
        let made = stage.kafka.createTopic("t", partitions: 20, replicationFactor: 2)
        #expect(made.code == .none)
        #expect(stage.logReplicas(3) == 0, "the cordon has come back with it")
    }

    @Test func `a cordon acts a moment later, and on automatic placement alone`() throws {
        var stage = try KafkaStage(brokers: 3)
        #expect(try stage.set("cordoned.log.dirs", "*", ofBroker: 3) == 0)
        let early = stage.kafka.createTopic("early", partitions: 20, replicationFactor: 2)
        #expect(early.code == .none)
        let landed = stage.logReplicas(3)
        #expect(landed > 0, "in the gap it still lands there")
        stage.pass(.milliseconds(150))
        #expect(stage.kafka.logDirectories(of: try node(3), partitions: nil).value?.first?.0.isCordoned == true)
        #expect(stage.kafka.createTopic("t", partitions: 20, replicationFactor: 2).code == .none)
        #expect(stage.logReplicas(3) == landed)
        #expect(stage.kafka.createTopic("wide", partitions: 1, replicationFactor: 3).code.rawValue == 38)
        try stage.topic("by-hand", [[3]])
        #expect(stage.logReplicas(3) == landed + 1)
    }

    @Test func `a cordon is set at the broker itself and taken away through the controllers too`() throws {
        var stage = try KafkaStage(brokers: 3)
        let name = "cordoned.log.dirs"
        #expect(try stage.set(name, "*", ofBroker: 3, throughController: true) == 40)
        #expect(try stage.set(name, "/elsewhere", ofBroker: 3) == 42)
        #expect(try stage.set(name, "*,/data0/3", ofBroker: 3) == 42)
        #expect(try stage.set(name, "/data0/3", ofBroker: 3) == 0)
        let change = [ConfigurationOwner.allBrokers: [SettingChange(name, .set("*"))]]
        #expect(stage.kafka.changeSettings(change, at: .controller).map(\.code.rawValue) == [42])
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(10))
        #expect(try stage.set(name, nil, ofBroker: 3, throughController: true) == 0)
        var old = KafkaModel()
        old.cordons = false
        var former = try KafkaStage(brokers: 1, model: old)
        #expect(try former.set(name, "*", ofBroker: 1) == 40)
    }

    @Test func `the minimal ISR is a cluster's or a topic's, never a broker's`() throws {
        var stage = try KafkaStage(brokers: 3)
        try stage.topic("t", [[1, 2, 3]], ingress: 10)
        let name = "min.insync.replicas"
        #expect(value(stage, name, of: .allBrokers)?.value == "1", "a fresh cluster has a default already")
        #expect(try stage.set(name, "2", ofBroker: 1) == 40)
        func all(_ action: SettingChange.Action) -> Int16 {
            stage.kafka.changeSettings([.allBrokers: [SettingChange(name, action)]], at: .controller)[0].code.rawValue
        }
        #expect(all(.delete) == 40)
        #expect(all(.set("0")) == 42)
        #expect(all(.set("5")) == 0, "no check against the brokers there are")
        #expect(try stage.state("t").isWritten, "never more than the replicas")
        stage.kafka.kill(try node(3))
        stage.pass(.seconds(10))
        #expect(try stage.state("t").isWritten == false)
        #expect(stage.set(name, .set("2"), ofTopic: "t") == 0)
        #expect(try stage.state("t").isWritten)
        #expect(stage.kafka.partitionTable(sizes: false).topics.map(\.minInSyncReplicas) == [2])
    }

    @Test func `the controllers' properties make the cluster's default at the first start`() throws {
        var kafka = SimulatedKafka()
        let stage = try KafkaStage(brokers: 1)
        kafka.formQuorum(
            of: [SimulatedVoter(id: try node(9001), directory: try KafkaStage.directory(9001))],
            cluster: stage.clusterID)
        kafka.start(try stage.controller(9001, settings: ["min.insync.replicas": "2"]))
        kafka.advance(to: .seconds(3))
        let found = kafka.dynamicSettings(["min.insync.replicas"], of: .allBrokers).value
        #expect(found == [Setting(name: "min.insync.replicas", value: "2", source: .allBrokers)])
    }

    @Test func `a default rate for all brokers is taken and not shown at brokers`() throws {
        var stage = try KafkaStage(brokers: 2)
        let change = [ConfigurationOwner.allBrokers: [SettingChange(Self.rate, .set("1000"))]]
        #expect(stage.kafka.changeSettings(change, at: .controller).map(\.code.rawValue) == [0])
        #expect(value(stage, Self.rate, of: .broker(try node(1))) == nil)
        #expect(value(stage, Self.rate, of: .allBrokers)?.value == "1000")
    }
}
