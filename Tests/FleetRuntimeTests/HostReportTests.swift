import FleetModel
import Foundation
import Operations
import Processes
import Testing

@testable import FleetRuntime

struct HostReportTests {
    @Test func `a report of a host is read line by line, and a greeting does no harm`() throws {
        let report = HostReport(
            parsing: """
                Welcome to this host!
                arch\tx86_64
                compose\tv1
                port\t2384
                port\t0016
                disk\t/var/lib/kafka-docker\t1000\t250
                meta\t/var/lib/kafka-docker/orders/1\tcluster.id=MkU3OEVBNTcwNTJENDM2Qg
                meta\t/var/lib/kafka-docker/orders/1\tnode.id=1
                meta\t/var/lib/kafka-docker/orders/1\tdirectory.id=AAAAAAAAAAAAAAAAAAAAAA
                layout\t{"a":1}
                retired\t{"retired":[3,5]}
                end\t
                """)
        #expect(report.architecture == "x86_64")
        #expect(report.compose == .v1)
        #expect(report.listening == [9092, 22])
        #expect(
            report.disks == [
                DiskObservation(path: "/var/lib/kafka-docker", total: ByteCount(1_024_000), free: ByteCount(256_000))
            ])
        let identity = try #require(report.formatted["/var/lib/kafka-docker/orders/1"])
        #expect(identity.nodeID == NodeID(rawValue: 1))
        #expect(identity.clusterID == ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg"))
        #expect(identity.directoryID == DirectoryID(rawValue: "AAAAAAAAAAAAAAAAAAAAAA"))
        #expect(report.layout == #"{"a":1}"#)
        #expect(report.retired.ids == [NodeID(rawValue: 3), NodeID(rawValue: 5)])
        #expect(report.isComplete)
    }

    @Test func `the script tells data without meta.properties, what is no directory, and an empty one apart`()
        async throws
    {
        let root = NSTemporaryDirectory() + "gantry-report-" + UUID().uuidString
        let files = FileManager.default
        defer { try? files.removeItem(atPath: root) }
        for directory in ["orders/1/topic-0", "orders/2", "orders/3"] {
            try files.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
        }
        for (name, text) in [("orders/3/meta.properties", ""), ("orders/3/x", ""), ("orders/4", ""), ("disk", "")] {
            try text.write(toFile: "\(root)/\(name)", atomically: true, encoding: .utf8)
        }
        let arguments = ["-c", HostReport.script, "sh", "directories", "/none", "orders", "", root, "\(root)/disk"]
        let report = HostReport(
            parsing: try await Processes.Process.run("/bin/sh", arguments, deadline: .seconds(20)).stdout.text)
        #expect(report.isComplete)
        #expect(
            report.obstacles == [
                "\(root)/orders/1": "it has topic-0 in it, and no meta.properties",
                "\(root)/orders/4": "it is not a directory", "\(root)/disk": "it is not a directory",
            ])
        #expect(report.formatted.keys.sorted() == ["\(root)/orders/3"])
        #expect(report.formatted["\(root)/orders/3"]?.clusterID == nil)
    }

    @Test func `the script tells which other clusters lie beside, with their ids and ports`() async throws {
        let root = NSTemporaryDirectory() + "gantry-report-" + UUID().uuidString
        let files = FileManager.default
        defer { try? files.removeItem(atPath: root) }
        for (name, text) in [
            ("orders/docker-compose.yml", "      gantry.cluster-id: own\n"),
            ("bills/docker-compose.yml", "    labels:\n      gantry.cluster-id: \"CQkJCQkJCQkJCQkJCQkJCQ\"\n"),
            ("bills/1.properties", "listeners=PLAINTEXT://:9092\nadvertised.listeners=PLAINTEXT://10.0.0.11:9092\n"),
            ("bills/9001.properties", "advertised.listeners=CONTROLLER://[fd00::1]:19092\n"),
            ("left/layout.json", "{}"), ("bare/docker-compose.yml", ""),
        ] {
            let path = "\(root)/\(name)"
            try files.createDirectory(
                atPath: String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)),
                withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        func report(_ scope: String) async throws -> HostReport {
            let arguments = ["-c", HostReport.script, "sh", scope, "\(root)/orders", "orders", "", root]
            return HostReport(
                parsing: try await Processes.Process.run("/bin/sh", arguments, deadline: .seconds(60)).stdout.text)
        }
        let found = try await report("everything")
        #expect(found.isComplete)
        #expect(
            found.others == [
                OtherCluster(name: "bare", id: nil, ports: []),
                OtherCluster(
                    name: "bills", id: ClusterID(rawValue: "CQkJCQkJCQkJCQkJCQkJCQ"), ports: [9092, 19092]),
            ])
        #expect(try await report("directories").others.isEmpty)
    }

    @Test func `a host whose project was made with one Compose stays with it`() {
        let report = HostReport(parsing: "compose\tv2\ncompose\tv1\nend\t")
        #expect(report.compose == .v1)
    }

    @Test(arguments: [
        "", "port\t", "port\tzz\nport\t99999\ndisk\t/a\tx\ty\nmeta\t\nmeta\t/d",
        "disk\t/a\t9223372036854775807\t9223372036854775807",
    ])
    func `half a report is not taken for a whole one`(text: String) {
        #expect(!HostReport(parsing: text).isComplete)
    }
}
