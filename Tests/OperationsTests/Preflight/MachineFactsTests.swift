import FleetModel
import Operations
import Testing

struct MachineFactsTests {
    private static func read(_ text: String) -> MachineFacts {
        MachineFacts(
            lines: text.split(separator: "\n").map {
                $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            })
    }

    @Test func `facts are read line by line`() {
        let facts = Self.read(
            """
            system|debian|12
            kernel|6.1.0-18-amd64
            boot|c6149a3d
            cores|4
            memory|1024
            swap|0
            name|h1|127.0.1.1|10.0.0.11
            address|eth0|10.0.0.11
            mtu|eth0|1500
            synchronised|yes
            zone|+0200
            locale|de_DE.UTF-8|locale: Cannot set LC_CTYPE
            kernel-value|vm.max_map_count|65530
            kernel-value|fs.file-max|18446744073709551615
            files|unlimited
            daemon|{"live-restore": true}
            unit|docker|enabled-runtime
            disk|/data|/|ext4|rw,relatime|100|40|system
            unmounted|/data
            device|/dev/vdb|
            device|/dev/vdc|ext4 at /old
            firewall|ufw
            program|perl
            """)
        #expect(facts.system == "debian 12" && facts.kernel == "6.1.0-18-amd64" && facts.bootID == "c6149a3d")
        #expect(facts.cores == 4 && facts.memory == ByteCount(1 << 20) && facts.swap == .zero)
        #expect(facts.name == "h1" && facts.nameAddresses == ["127.0.1.1", "10.0.0.11"])
        #expect(facts.addresses == ["10.0.0.11": "eth0"] && facts.mtu == ["eth0": 1500])
        #expect(facts.isSynchronised == true && facts.zone == "+0200")
        #expect(facts.localeProblem == "locale: Cannot set LC_CTYPE")
        #expect(facts.kernelValues == ["vm.max_map_count": 65530, "fs.file-max": .max])
        #expect(facts.containerFiles == .max && facts.startsDocker == true)
        #expect(
            facts.disks == [
                DiskFacts(
                    path: "/data", mountPoint: "/", kind: "ext4", options: ["rw", "relatime"], inodes: 100,
                    freeInodes: 40, isSystems: true)
            ])
        #expect(facts.devices == ["/dev/vdb": "", "/dev/vdc": "ext4 at /old"])
        #expect(facts.unmounted == ["/data"] && facts.firewalls == ["ufw"] && facts.programs == ["perl"])
    }

    @Test(arguments: [
        "", "|", "cores", "cores|", "cores|-3", "cores|many", "memory|-1", "memory|99999999999999999999999",
        "mtu|eth0|-5",
        "mtu|eth0", "disk|/data|/|ext4", "disk|data|/|ext4|rw|1|1|own", "disk|/data|/|ext4|rw|-1|1|own",
        "kernel-value|vm.swappiness|", "kernel-value|vm.swappiness|0x3c", "synchronised|maybe", "unit|ssh|enabled",
        "surprise|1|2", "swap|1.5",
    ])
    func `a line that makes no sense says nothing`(_ line: String) {
        let facts = Self.read(line)
        #expect(facts.kernelValues.isEmpty && facts.disks.isEmpty && facts.mtu.isEmpty)
        #expect(facts.cores == nil && facts.isSynchronised == nil && facts.startsDocker == nil && facts.swap == nil)
        #expect(facts.memory == nil || facts.memory == ByteCount(.max))
    }

    @Test func `a flood of lines ends somewhere`() {
        let facts = MachineFacts(lines: (0..<100_000).lazy.map { ["firewall", "\($0)"] })
        #expect(facts.firewalls.count == 5000)
    }

    @Test func `a clock is off by what the time of the question can not explain`() {
        func skew(_ now: Int64) -> Duration {
            MachineFacts.skew(
                of: Timestamp(milliseconds: now), between: Timestamp(milliseconds: 1000),
                and: Timestamp(milliseconds: 1400))
        }
        #expect(skew(1000) == .zero && skew(1400) == .zero && skew(1200) == .zero)
        #expect(skew(400) == .milliseconds(-600) && skew(601_400) == .seconds(600))
        #expect(skew(.min / 2) < .zero)
    }

    @Test func `what a host found out about the others is read, and garbage passed over`() throws {
        let answers = PeerAnswers(
            parsing: """
                Welcome!
                name\th2\t10.0.0.12\t
                name\t-bad\t1
                port\th2\t9092\topen
                port\th2\t9093\tfailed: No route to host
                port\th2\t70000\topen
                port\th2
                mtu\th2\tcut
                mtu\th3\tperhaps
                end\tend
                """)
        let host = try #require(HostName(rawValue: "h2"))
        #expect(answers.names == [host: ["10.0.0.12"]])
        #expect(answers.ports == [host: [9092: .open, 9093: .failed("failed: No route to host")]])
        #expect(answers.packets == [host: .cut])
    }
}
