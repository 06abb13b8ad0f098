import FleetModel
import Operations
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
        #expect(report.retired == [NodeID(rawValue: 3), NodeID(rawValue: 5)])
        #expect(report.isComplete)
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
