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
