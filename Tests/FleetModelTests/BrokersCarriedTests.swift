import FleetModel
import Testing

struct BrokersCarriedTests {
    private func carried(cores: Int, gigabytes: Int64, memory: Int64 = 2, cpus: Int? = nil) throws -> Int {
        HostSpecification(
            host: try #require(HostName(rawValue: "h1")), rack: "a", brokers: HostSpecification.automatic,
            data: ["/data"],
            memory: ByteCount(memory << 30), cpus: cpus
        ).brokersCarried(cores: cores, memory: ByteCount(gigabytes << 30))
    }

    @Test func `a host carries a broker for two cores, as far as three quarters of its memory go`() throws {
        #expect(try carried(cores: 16, gigabytes: 64) == 8)
        #expect(try carried(cores: 16, gigabytes: 16) == 5)
        #expect(try carried(cores: 16, gigabytes: 64, cpus: 4) == 4)
        #expect(try carried(cores: 1, gigabytes: 1) == 1)
        #expect(try carried(cores: 4096, gigabytes: 1 << 20) == 128)
        #expect(try carried(cores: 0, gigabytes: 0, memory: 0) == 1)
    }

    @Test func `only what is left to the machine is sized, and only where it is known`() throws {
        let hosts = try ["h1", "h2", "h3"].map { name in
            HostSpecification(
                host: try #require(HostName(rawValue: name)), rack: "a", brokers: name == "h2" ? 7 : 0, data: ["/data"])
        }
        let fleet = FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")),
                version: KafkaVersion(major: 4, minor: 3, patch: 1),
                image: "i", controllers: 1), hosts: hosts)
        let sized = fleet.sized { $0.rawValue == "h3" ? nil : (cores: 8, memory: ByteCount(64 << 30)) }
        #expect(sized.hosts.map(\.brokers) == [4, 7, 0])
    }
}
