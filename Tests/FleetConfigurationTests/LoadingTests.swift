import FleetModel
import Testing

@testable import FleetConfiguration

@Suite struct LoadingTests {
    @Test func `a file that uses every setting becomes the fleet it describes`() throws {
        let configuration = try parse(goodFile)
        let fleet = configuration.specification
        #expect(configuration.warnings.isEmpty)
        #expect(fleet.cluster.name.rawValue == "orders")
        #expect(fleet.cluster.version == KafkaVersion(major: 4, minor: 3, patch: 1))
        #expect(fleet.cluster.imageArchive == "/fleet/k/kafka.tar.gz")
        #expect(fleet.cluster.controllers == 3)
        #expect(fleet.hosts.map(\.host.rawValue) == ["10.0.0.11", "10.0.0.12", "10.0.0.13"])
        #expect(fleet.hosts.map(\.rack) == ["10.0.0.11", "10.0.0.12", "b"])
        #expect(fleet.hosts.map(\.brokers) == [2, 2, 4])
        #expect(fleet.hosts[0].data == ["/var/lib/kafka-docker"])
        #expect(fleet.hosts[2].data == ["/disk1", "/disk2"])
        #expect(
            fleet.hosts[2].ssh
                == SSHSettings(
                    user: "ops", port: 22, identity: "/home/ops/.ssh/fleet", config: "/fleet/ssh/config",
                    knownHosts: "/fleet/known_hosts"))
        #expect(fleet.hosts[1].heap == ByteCount(1 << 30))
        #expect(
            fleet.kafka.map { "\($0.name)=\($0.value)" }
                == ["default.replication.factor=3", "min.insync.replicas=2", "log.retention.hours=168"])
        #expect(fleet.move == MoveSettings())
        #expect(fleet.notify?.recipients == ["kafka-ops@example.com"])
        #expect(fleet.notify?.smtp?.passwordFile == "/etc/gantry/smtp.password")
        #expect(fleet.monitor == MonitorSettings())
        #expect(fleet.waivers == [ClauseWaiver(clause: "H7", reason: "the disks are shared on purpose")])
        #expect(configuration.places[fleet.hosts[1].host] == SourceMark(line: 9, column: 24))
    }

    @Test func `a daily mail has a time of day`() throws {
        func daily(_ text: String) throws -> TimeOfDay? {
            try parse(goodFile.replacing("  from: gantry@", with: "  daily: \(text)\n  from: gantry@")).specification
                .notify?
                .daily
        }
        #expect(try daily("07:30")?.minutes == 450)
        #expect(throws: ConfigurationError.self) { try daily("24:00") }
        #expect(throws: ConfigurationError.self) { try daily("8am") }
    }

    @Test func `what is not written has the documented value`() throws {
        let fleet = try parse(
            """
            cluster: { name: a, version: 4.3.1 }
            virthosts: [10.0.0.1, 10.0.0.2]
            defaults: { heap: 1g }
            notify:
            """
        ).specification
        #expect(fleet.cluster.transport == .ssh)
        #expect(fleet.cluster.mode == .kraft)
        #expect(fleet.cluster.image == "apache/kafka:4.3.1")
        #expect(fleet.cluster.controllers == 1)
        #expect(fleet.hosts[1].brokers == 2)
        #expect(fleet.hosts[1].data == ["/var/lib/kafka-docker"])
        #expect(fleet.hosts[1].rack == "10.0.0.2")
        #expect(fleet.hosts[1].ports == PortSettings(broker: 9092, controller: 19092))
        #expect(fleet.hosts[1].memory == ByteCount(2 << 30))
        #expect(fleet.hosts[1].ssh == SSHSettings())
        #expect(fleet.notify == nil)
        #expect(fleet.move.throttle == BytesPerSecond(50 << 20))
    }

    @Test func `every mistake is reported at once in the order of the file`() {
        let text = """
            cluster:
              name: Orders
              transprot: ssh
              version: "4.3"
            virthosts: [10.0.0.11, 10.0.0.11, 10.0.0.256]
            defaults: { brokers: two, heap: 2GB, ssh: { prot: 22 } }
            move: { throttle: 50MB/s, tolerance: 10 }
            hosst: {}
            """
        #expect(
            mistakes(text) == [
                "2:9: cluster.name: 'Orders' is not 1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter "
                    + "or digit; did you mean 'orders'?",
                "3:3: cluster.transprot: is an unknown key; did you mean 'transport'?",
                "4:12: cluster.version: '4.3' is not a version such as 4.3.1; did you mean '4.3.0'?",
                "5:24: virthosts[1]: 10.0.0.11 is listed twice: the first is virthosts[0] in line 5",
                "5:35: virthosts[2]: '10.0.0.256' is not an IPv4 address",
                "6:22: defaults.brokers: 'two' is not a whole number from 1 to 128, or auto",
                "6:33: defaults.heap: '2GB' is not a size such as 2g or 512m; did you mean '2g'?",
                "6:45: defaults.ssh.prot: is an unknown key; did you mean 'port'?",
                "7:19: move.throttle: '50MB/s' is not a rate such as 50MiB/s; did you mean '50MiB/s'?",
                "7:38: move.tolerance: '10' is not a share such as 10%; did you mean '10%'?",
                "8:1: hosst: is an unknown key; did you mean 'hosts'?",
            ])
    }
}
