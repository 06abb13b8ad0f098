import FleetModel
import Foundation
import Testing

@testable import FleetConfiguration

@Suite struct StampingTests {
    @Test(arguments: ["default", "rich"])
    func `the files of every host are those on record`(name: String) throws {
        let text = name == "rich" ? richTemplate : FleetTemplates.compose
        let fleet = try parse(goodFile).specification
        for host in fleet.hosts.indices {
            let files = try stamped(text, fleet: fleet, host: host).files
            for file in files {
                let base = file.path.split(separator: "/").last ?? ""
                try expectRecorded(file.text, at: "\(name)/\(fleet.hosts[host].host)/\(base)")
            }
        }
    }

    @Test func `what the template says survives, whichever way it is written`() throws {
        let broker = try service("broker-1")
        #expect(broker["labels"]?["team"]?.text == "orders")
        #expect(broker["labels"]?["note"]?.text == "a=b")
        #expect(broker["labels"]?["bare"]?.text == "")
        #expect(broker["environment"]?["PASS_THROUGH"]?.isNull == true)
        #expect(broker["environment"]?["FLAG"]?.content == .scalar("yes", plain: false))
        #expect(broker["volumes"]?.items?.first?.text == "./extra:/extra:ro")
        #expect(broker["cap_drop"]?.items?.map(\.text) == ["ALL"])
        #expect(broker["logging"]?["options"]?["max-file"]?.content == .scalar("5", plain: false))
        let controller = try service("controller-9001")
        #expect(controller["labels"]?["on"]?.content == .scalar("yes", plain: false))
        #expect(controller["environment"]?["RATIO"]?.content == .scalar("1.0", plain: true))
        #expect(controller["environment"]?["EMPTY"]?.isNull == true)
        #expect(controller["environment"]?["HOST"]?.text == "${HOSTNAME}")
        let root = try document()
        #expect(root["services"]?["exporter"]?["restart"]?.content == .scalar("no", plain: false))
        #expect(root["networks"]?["back"]?["driver"]?.text == "bridge")
        #expect(root["volumes"]?["extra"]?.isNull == true)
        #expect(root["x-logging"]?["driver"]?.text == "json-file")
        #expect(root["version"]?.content == .scalar("3.8", plain: false))
    }

    @Test func `what gantry sets is set, and merged where the template says something too`() throws {
        let broker = try service("broker-1")
        #expect(broker["image"]?.text == "gantry/kafka:4.3.1")
        #expect(broker["container_name"]?.text == "orders-broker-1")
        #expect(broker["entrypoint"]?.items?.map(\.text) == ["/opt/kafka/bin/kafka-server-start.sh"])
        #expect(broker["command"]?.items?.map(\.text) == ["/opt/kafka-docker/orders/1.properties"])
        #expect(broker["environment"]?["KAFKA_HEAP_OPTS"]?.text == "-XX:+UseG1GC -Xms1024m -Xmx1024m")
        #expect(broker["mem_limit"]?.text == "2147483648")
        #expect(broker["user"]?.text == "1000:1000")
        #expect(broker["labels"]?["gantry.node"]?.content == .scalar("1", plain: false))
        #expect(broker["labels"]?["gantry.role"]?.text == "broker")
        #expect(broker["labels"]?["gantry.cluster"]?.text == "orders")
        #expect(broker["labels"]?["gantry.cluster-id"]?.text == "MkU3OEVBNTcwNTJENDM2Qg")
        let mounts = broker["volumes"]?.items?.suffix(2).map {
            "\($0["source"]?.text ?? "") \($0["read_only"]?.text ?? "")"
        }
        #expect(mounts == ["/opt/kafka-docker/orders true", "/var/lib/kafka-docker/orders/1 "])
        let bare = try service("broker-1", in: "services: { broker: , controller: {} }")
        #expect(bare["user"]?.text == "0:0")
        #expect(bare["network_mode"]?.text == "host")
        #expect(bare["restart"]?.text == "unless-stopped")
        #expect(bare["stop_grace_period"]?.text == "330s")
    }

    @Test(arguments: [("10s", "330s"), ("5m29s", "330s"), ("329999ms", "330s"), ("5m30s", "5m30s"), ("1h", "1h")])
    func `a grace period is raised to 330 seconds and never lowered`(written: String, stamped: String) throws {
        let broker = try service(
            "broker-1", in: "services: { broker: { stop_grace_period: \(written) }, controller: {} }")
        #expect(broker["stop_grace_period"]?.text == stamped)
    }

    @Test func `a memory limit of the template gives way to the host's, the other limits stay`() throws {
        let limits = try service("broker-1")["deploy"]?["resources"]?["limits"]
        #expect(limits?["memory"]?.text == "2147483648")
        #expect(limits?["cpus"]?.text == "2")
        let none = try service("broker-1", in: "services: { broker: { deploy: { mode: global } }, controller: {} }")
        #expect(none["deploy"]?["resources"] == nil)
    }

    @Test func `a dollar sign in a value of ours is no variable of Compose`() throws {
        let fleet = try parse(goodFile).specification
        var layout = try layout(fleet)
        layout.clusterID = try #require(ClusterID(rawValue: "a$b${c}"))
        let stamped = try template(richTemplate).stamped(for: fleet.hosts[0], layout: layout, fleet: fleet)
        let root = try #require(try YAMLDocument(stamped.files[0].contents).root)
        #expect(root["services"]?["broker-1"]?["labels"]?["gantry.cluster-id"]?.text == "a$$b$${c}")
        #expect(root["services"]?["broker-1"]?["environment"]?["PRICE"]?.text == "5$$")
    }

    @Test func `every broker of a host with several directories has one in each, the controller in the first`() throws {
        let host = try stamped(host: 2)
        #expect(host.nodes.map(\.service) == ["broker-5", "broker-6", "broker-7", "broker-8", "controller-9003"])
        #expect(
            host.nodes[1].mounts
                == [
                    StampedMount(path: "/opt/kafka-docker/orders", isReadOnly: true),
                    StampedMount(path: "/disk1/orders/6", isReadOnly: false),
                    StampedMount(path: "/disk2/orders/6", isReadOnly: false),
                ])
        #expect(host.nodes[4].mounts.map(\.path) == ["/opt/kafka-docker/orders", "/disk1/orders/9003"])
        #expect(host.nodes[1].user == ContainerUser(user: 1000, group: 1000))
        #expect(host.nodes[4].user == .root)
        #expect(host.files[2].text.contains("\nlog.dirs=/disk1/orders/6,/disk2/orders/6\n"))
    }

    @Test func `files with a secret are for their owner alone`() throws {
        let fleet = try parse(goodFile.with("log.retention.hours: \"168\"", "my.reporter.password: hush")).specification
        let secret = "services: { broker: { environment: { TRUST_PASSWORD: x } }, controller: {} }"
        #expect(try stamped(fleet: fleet).files.map(\.mode) == [0o644, 0o600, 0o600, 0o600])
        #expect(try stamped(secret).files.map(\.mode) == [0o600, 0o644, 0o644, 0o644])
    }

    @Test func `kafka's own topics get as many replicas as there are brokers, at most three`() throws {
        func settings(_ brokers: Int) throws -> [String] {
            let fleet = try parse(
                """
                cluster: { name: a, version: 4.3.1 }
                virthosts: [h1]
                defaults: { brokers: \(brokers) }
                """
            ).specification
            return try stamped(fleet: fleet).files[1].text.split(separator: "\n").map(String.init)
                .filter { $0.contains(".replication.factor") || $0.contains(".min.isr") }.sorted()
        }
        #expect(
            try settings(1) == [
                "offsets.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
                "share.coordinator.state.topic.replication.factor=1", "transaction.state.log.min.isr=1",
                "transaction.state.log.replication.factor=1",
            ])
        #expect(try settings(2).contains("transaction.state.log.min.isr=1"))
        #expect(try settings(7).contains("offsets.topic.replication.factor=3"))
        #expect(try settings(7).contains("transaction.state.log.min.isr=2"))
    }

    @Test func `what the operator says of Kafka's own topics is said once`() throws {
        let fleet = try parse(
            goodFile.with("log.retention.hours: \"168\"", "offsets.topic.replication.factor: 5")
        ).specification
        let lines = try stamped(fleet: fleet).files[1].text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("offsets.topic") } == ["offsets.topic.replication.factor=5"])
    }

    @Test func `the digest tells a changed configuration, and nothing that a running node has learnt itself`() throws {
        let fleet = try parse(goodFile).specification
        let before = try stamped(fleet: fleet).nodes.map(\.digest)
        #expect(Set(before).count == 3)
        #expect(before.allSatisfy { $0.count == 16 })
        var grown = fleet
        grown.hosts.append(fleet.hosts[2])
        grown.hosts[3].host = try #require(HostName(rawValue: "10.0.0.14"))
        grown.cluster.controllers = 4
        #expect(try stamped(fleet: grown).nodes.map(\.digest) == before)
        #expect(try stamped(fleet: grown).files[1] != stamped(fleet: fleet).files[1])
        var changes: [FleetSpecification] = []
        for change: (inout FleetSpecification) -> Void in [
            { $0.kafka.append(KafkaProperty("num.io.threads", "4")) }, { $0.hosts[0].heap = ByteCount(2 << 30) },
            { $0.hosts[0].memory = ByteCount(3 << 30) }, { $0.cluster.image = "other:1" }, { $0.hosts[0].rack = "r" },
            { $0.kafka.append(KafkaProperty("offsets.topic.replication.factor", "2")) },
        ] {
            var changed = fleet
            change(&changed)
            changes.append(changed)
        }
        for changed in changes {
            let after = try stamped(fleet: changed).nodes.map(\.digest)
            #expect(after[0] != before[0] && after[1] != before[1])
        }
        let template = try stamped(richTemplate.with("cpus: \"2\"", "cpus: \"3\"")).nodes.map(\.digest)
        #expect(template[0] != before[0] && template[2] == before[2])
    }

    @Test func `a host without nodes gets a file without services`() throws {
        let fleet = try parse(goodFile).specification
        let empty = ClusterLayout(clusterID: try layout(fleet).clusterID)
        let host = try template("services: { broker: {}, controller: {} }").stamped(
            for: fleet.hosts[0], layout: empty, fleet: fleet)
        #expect(host.nodes.isEmpty && host.files.count == 1)
        #expect(try YAMLDocument(host.files[0].contents).root?["services"]?.entries == [])
    }

    private func document(_ text: String = richTemplate) throws -> YAMLNode {
        try #require(try YAMLDocument(try stamped(text).files[0].contents).root)
    }

    private func service(_ name: String, in text: String = richTemplate) throws -> YAMLNode {
        try #require(try document(text)["services"]?[name])
    }
}
