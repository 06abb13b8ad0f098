import FleetModel
import Testing

@testable import FleetConfiguration

struct HostSettingsTests {
    private func parse(_ text: String, clauses: [String]) throws(ConfigurationError) -> FleetConfiguration {
        try FleetConfiguration.parse(
            Array(text.utf8), directory: FleetDirectory(path: "/fleet"), home: "/home/ops", clauses: clauses)
    }

    private func good(_ text: String) throws -> FleetConfiguration {
        try FleetConfiguration.parse(Array(text.utf8), directory: FleetDirectory(path: "/fleet"), home: "/home/ops")
    }

    @Test func `a waiver of a clause that there is not is a mistake, with the nearest one`() throws {
        let clauses = ["T1", "H1", "H7", "H41"]
        let error = #expect(throws: ConfigurationError.self) {
            try parse(try goodFile.with("H7:", "H77:"), clauses: clauses)
        }
        let said = try #require(error?.diagnostics.first)
        #expect(error?.diagnostics.count == 1)
        #expect(said.path == "waive.H77" && said.message.contains("no clause of assumptions.txt"))
        #expect(said.suggestion == "H7")
        #expect(try parse(goodFile, clauses: clauses).specification.waivers.map(\.clause) == ["H7"])
        #expect(
            try parse(try goodFile.with("H7:", "T1:"), clauses: clauses).specification.waivers.map(\.clause) == ["T1"])
    }

    @Test func `devices are named for data directories, and only for those`() throws {
        let line = "data: [/disk1, /disk2],"
        let file = try goodFile.with(line, "data: [/disk1, /disk2], disks: { /disk1: /dev/vdb, /disk2: /dev/vdc },")
        let host = try #require(try good(file).specification.hosts.last)
        #expect(
            host.disks == [DataDisk(path: "/disk1", device: "/dev/vdb"), DataDisk(path: "/disk2", device: "/dev/vdc")])
        for (disks, words) in [
            ("{ /disk3: /dev/vdb }", "holds no data directory"), ("{ /disk1: vdb }", "is not a device"),
            ("{ /disk1: /dev/vdb, /disk2: /dev/vdb }", "is named twice"),
            ("{ /disk1: '/dev/v db' }", "is not a device"),
            ("{ /disk1: /dev/../etc }", "is not a device"), ("[/dev/vdb]", "a list"),
        ] {
            let said = mistakes(try goodFile.with(line, "\(line) disks: \(disks),"))
            #expect(said.count == 1 && said[0].contains(words), "\(disks): \(said)")
        }
    }

    @Test func `a host's nodes are reached at an address of its own, and listen there alone`() throws {
        let line = "data: [/disk1, /disk2],"
        let fleet = try good(try goodFile.with(line, "\(line) address: 192.168.7.13,")).specification
        let nodes = try layout(fleet).nodes(on: try #require(HostName(rawValue: "10.0.0.13")))
        #expect(nodes.allSatisfy { $0.endpoint.host == "192.168.7.13" } && !nodes.isEmpty)
        let broker = try #require(nodes.first { $0.role == .broker })
        let host = try #require(fleet.host(broker.host))
        let text = NodeProperties(of: broker, on: host, layout: try layout(fleet), fleet: fleet).text
        #expect(text.contains("listeners=PLAINTEXT://192.168.7.13:\(broker.port)\n"))
        #expect(text.contains("advertised.listeners=PLAINTEXT://192.168.7.13:\(broker.port)\n"))
        let named = try good(try goodFile.with(line, "\(line) address: kafka-13.example.com,")).specification
        let other = try #require(try layout(named).nodes(on: broker.host).first { $0.role == .broker })
        let itsText = NodeProperties(of: other, on: host, layout: try layout(named), fleet: named).text
        // What a name leads to on the host itself is nobody's promise.
        #expect(itsText.contains("listeners=PLAINTEXT://:\(other.port)\n"))
        #expect(itsText.contains("advertised.listeners=PLAINTEXT://kafka-13.example.com:\(other.port)\n"))
        let said = mistakes(try goodFile.with("rack: host", "rack: host\n  address: 10.0.0.9"))
        #expect(said.contains { $0.contains("belongs to one host") }, "\(said)")
    }

    @Test func `a broker has cores and a disk of its own where that is wanted, by its port`() throws {
        let line = "data: [/disk1, /disk2],"
        let fleet = try good(
            try goodFile.with(line, "\(line) cpus: 2, cpu_sets: true, disk_per_broker: true,")
        ).specification
        let host = try #require(fleet.hosts.last)
        let brokers = try layout(fleet).nodes(on: host.host).filter { $0.role == .broker }
        #expect(brokers.count == 4)
        #expect(brokers.map { host.cpuSet(ofBrokerAt: $0.port) } == ["0-1", "2-3", "4-5", "6-7"])
        #expect(
            brokers.map { $0.dataDirectories.map { String($0.prefix(6)) } } == [
                ["/disk1"], ["/disk2"], ["/disk1"], ["/disk2"],
            ])
        let plain = try #require(try good(goodFile).specification.hosts.last)
        #expect(plain.cpuSet(ofBrokerAt: 9092) == nil)
        let said = mistakes(try goodFile.with(line, "\(line) cpu_sets: true,"))
        #expect(said.count == 1 && said[0].contains("write cpus"), "\(said)")
    }

    @Test func `a registry has a login with its password in a file, or none`() throws {
        let line = "image_archive: k/kafka.tar.gz"
        let settings = try good(
            try goodFile.with(line, "\(line)\n  registry: { user: robot, password_file: registry.password }"))
        #expect(
            settings.specification.cluster.registry
                == RegistrySettings(user: "robot", passwordFile: "/fleet/registry.password"))
        for (registry, words) in [
            ("{ user: robot }", "write password_file"), ("{ password_file: x }", "write user"),
            ("{ password: x }", "unknown key"), ("{ server: 'a b' }", "is not a registry"),
        ] {
            let said = mistakes(try goodFile.with(line, "\(line)\n  registry: \(registry)"))
            #expect(said.count == 1 && said[0].contains(words), "\(registry): \(said)")
        }
        #expect(RegistrySettings().server(of: "r.example.com:5000/a/kafka:1") == "r.example.com:5000")
        #expect(RegistrySettings().server(of: "gantry/kafka:1") == RegistrySettings.dockerHub)
        #expect(RegistrySettings(server: "r").server(of: "gantry/kafka:1") == "r")
    }

    @Test(arguments: ["a:b:c", "a/b:c/d", "a@b", "a:1@sha256", "a@sha256:1@sha256:2", "r:5000/a:b:c", "r/s:1/a"])
    func `an image has one tag and one digest at most`(_ image: String) throws {
        let said = mistakes(try goodFile.with("image: gantry/kafka:4.3.1", "image: \(image)"))
        #expect(said.contains { $0.contains("is not an image") }, "\(said)")
    }

    @Test(arguments: [
        "r.example.com:5000/gantry/kafka:4.3.1", "gantry/kafka@sha256:0123abcd", "r:5000/k:4.3.1@sha256:01",
    ])
    func `registries with ports and digests are images`(_ image: String) throws {
        #expect(try good(try goodFile.with("gantry/kafka:4.3.1", image)).specification.cluster.image == image)
    }

    @Test func `an address is the same host in every form of it`() throws {
        let said = mistakes(try goodFile.with("[10.0.0.11, 10.0.0.12,", "['fe80::1', 'FE80:0:0:0:0:0:0:1',"))
        #expect(said.contains { $0.contains("is listed twice") }, "\(said)")
    }

    @Test func `what a template grants its containers is read from it`() throws {
        func template(_ node: String) throws -> ComposeTemplate {
            try ComposeTemplate(
                Array("services:\n  broker: \(node)\n  controller: \(node)\n".utf8), file: "t.yml")
        }
        let bounded = try template(
            "{logging: {driver: json-file, options: {max-size: 5m}}, ulimits: {nofile: {soft: 1, hard: 9}}}")
        #expect(bounded.boundsLogs && bounded.openFiles == 9)
        let bare = try template("{logging: {driver: json-file}}")
        #expect(!bare.boundsLogs && bare.openFiles == nil)
        #expect(try template("{logging: {driver: local}, ulimits: {nofile: 100000}}").openFiles == 100_000)
    }
}
