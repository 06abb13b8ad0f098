import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Testing

/// Three simulated hosts that meet every clause, until something is done to them.
struct PreflightStage {
    static let names = ["10.0.0.11", "10.0.0.12", "10.0.0.13"]
    let time = VirtualTime()
    let hosts = names.compactMap(HostName.init(rawValue:))
    let fleet: SimulatedFleet
    var specification: FleetSpecification
    let layout: ClusterLayout

    init() throws {
        let name = try #require(ClusterName(rawValue: "orders"))
        specification = FleetSpecification(
            cluster: ClusterSpecification(
                name: name, version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "gantry/kafka:4.3.1",
                controllers: 3),
            hosts: hosts.map {
                HostSpecification(host: $0, rack: $0.rawValue, brokers: 2, data: ["/var/lib/kafka-docker"])
            })
        layout = try ClusterLayout.initial(
            for: specification, clusterID: try #require(ClusterID(bytes: Array(1...16))),
            directoryIDs: { id in
                DirectoryID(bytes: Array(repeating: UInt8(truncatingIfNeeded: id.rawValue), count: 16)) ?? .fallback
            })
        fleet = SimulatedFleet(cluster: name, hosts: hosts, time: time)
    }

    /// Runs `body` in virtual time to its end.
    func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let outcome = time.run { () -> Swift.Result<Result, any Error> in
            do { return .success(try await body()) } catch { return .failure(error) }
        }
        return try #require(outcome).get()
    }

    /// Does something to the second host.
    func damage(_ body: (inout SimulatedHost) -> Void) {
        fleet.withState { state in
            if var host = state.hosts[hosts[1]] {
                body(&host)
                state.hosts[hosts[1]] = host
            }
        }
    }

    func look(boundsLogs: Bool? = true) throws -> PreflightLook {
        try run { [specification, fleet, layout, hosts] in
            let surveys = await HostSurvey.survey(specification, hosts: fleet, containers: fleet)
            return PreflightLook(
                fleet: specification, surveys: surveys,
                peers: await PeerSurvey.survey(surveys, layout: layout, hosts: fleet),
                techhost: try? await fleet.techhost(state: "/etc/gantry", looksUp: hosts), layout: layout,
                boundsLogs: boundsLogs)
        }
    }

    /// The network between the hosts, measured.
    func bandwidth(_ look: PreflightLook) throws -> [HostName: BandwidthAnswer] {
        try run { [fleet] in await BandwidthSurvey.measure(look.surveys, hosts: fleet) }
    }

    func findings() throws -> [ClauseFinding] { Assumptions.judge(try look()) }
}

struct ClauseTests {
    @Test func `hosts that offer everything pass every clause`() throws {
        let stage = try PreflightStage()
        var look = try stage.look()
        let findings = Assumptions.judge(look)
        let others = findings.filter { $0.verdict.result != .pass }
        #expect(others.isEmpty, "\(others)")
        // What costs traffic to find out is judged when that was asked for.
        #expect(Set(Assumptions.clauses.map(\.id)).subtracting(findings.map(\.clause)) == ["H42"])
        look.bandwidth = try stage.bandwidth(look)
        #expect(Set(Assumptions.judge(look).map(\.clause)) == Set(Assumptions.clauses.map(\.id)))
        #expect(Assumptions.judge(look).allSatisfy { $0.verdict.result == .pass })
    }

    @Test func `assumptions txt has a line for every clause that runs, in its words, and for nothing else`() {
        let lines = Assumptions.text.split(separator: "\n").map(String.init).filter {
            ["H", "T"].contains($0.first) && $0.dropFirst().first?.isNumber == true
        }
        #expect(lines.count == Assumptions.clauses.count)
        for (line, clause) in zip(lines, Assumptions.clauses) {
            #expect(line.hasPrefix(clause.id + (clause.isBlocking ? "* " : " ")) && line.hasSuffix(clause.title))
        }
        #expect(Set(Assumptions.clauses.map(\.id)).count == Assumptions.clauses.count)
        let blocking = Assumptions.clauses.filter(\.isBlocking).map(\.id)
        #expect(blocking == ["H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H25"])
    }

    @Test func `what defaults cfg names on the techhost and is not there is a warning with what to do`() throws {
        var look = try PreflightStage().look()
        look.fleet.cluster.imageArchive = "/f/k/kafka.tar.gz"
        look.fleet.notify = NotifySettings(
            recipients: ["a@example.com"], smtp: SMTPSettings(url: "smtp://mail.example.com:587"))
        func verdicts() -> [String: ClauseVerdict] {
            Dictionary(
                Assumptions.judge(look).filter { $0.clause.hasPrefix("T") }.map { ($0.clause, $0.verdict) },
                uniquingKeysWith: { first, _ in first })
        }
        #expect(verdicts()["T7"] == .pass("/f/k/kafka.tar.gz"))
        #expect(verdicts()["T8"] == .pass("smtp://mail.example.com:587"))
        look.techhost?.errands = TechhostErrands(
            archive: "no such file", mail: "smtp://mail.example.com:587 can't be reached: refused",
            idlePrograms: [
                IdleProgram(
                    name: "monitor.d/page", isMisnamed: false, reason: "every user can write it", remedy: "chmod go-w x"
                )
            ])
        for (clause, code) in [("T7", "image-archive"), ("T8", "mail-server"), ("T9", "program-refused")] {
            let verdict = verdicts()[clause]
            #expect(verdict?.result == .warn && verdict?.code == code && verdict?.remedy.isEmpty == false)
        }
        #expect(verdicts()["T7"]?.evidence == "/f/k/kafka.tar.gz: no such file")
        #expect(verdicts()["T9"]?.evidence == "monitor.d/page is not run: every user can write it")
    }

    struct Damage: CustomTestStringConvertible {
        var clause: String
        var result: ClauseResult
        var words: String
        var body: @Sendable (inout SimulatedHost) -> Void
        var testDescription: String { "\(clause): \(words)" }

        init(
            _ clause: String, _ result: ClauseResult, _ words: String,
            _ body: @escaping @Sendable (inout SimulatedHost) -> Void
        ) {
            (self.clause, self.result, self.words, self.body) = (clause, result, words, body)
        }
    }

    static let damages: [Damage] = [
        Damage("H3", .fail, "Docker does not run") { $0.lacksDocker = true },
        Damage("H4", .fail, "neither") { $0.lacksDocker = true },
        Damage("H5", .fail, "riscv64") { $0.architecture = "riscv64" },
        Damage("H6", .fail, "listens on 9092") { $0.foreignPorts = [9092] },
        Damage("H9", .fail, "is not mounted") { $0.machine.unmounted = ["/var/lib/kafka-docker"] },
        Damage("H9", .pass, "nothing is missing") { $0.machine.unmounted = ["/media/usb"] },
        Damage("H10", .warn, "fedora") { $0.machine.system = "fedora 41" },
        Damage("H10", .unknown, "its system") { $0.machine.system = nil },
        Damage("H11", .fail, "3 nodes") { $0.machine.memory = ByteCount(4 << 30) },
        Damage("H12", .warn, "1 core for 2 brokers") { $0.machine.cores = 1 },
        Damage("H13", .fail, "one machine") { $0.machine.bootID = "boot-of-10.0.0.11" },
        Damage("H13", .warn, "techhost itself") { $0.machine.bootID = "boot-of-techhost" },
        Damage("H14", .warn, "synchronised") { $0.machine.isSynchronised = false },
        Damage("H15", .fail, "10 min behind") { $0.machine.skew = .seconds(-600) },
        Damage("H15", .warn, "2.5 s ahead") { $0.machine.skew = .milliseconds(2500) },
        Damage("H16", .warn, "Cannot set") { $0.machine.localeProblem = "locale: Cannot set LC_CTYPE" },
        Damage("H22", .warn, "translation") { $0.machine.addresses = ["192.168.7.7": "eth0"] },
        Damage("H23", .fail, "127.0.1.1") { $0.names = ["10.0.0.13": ["127.0.1.1"]] },
        Damage("H23", .fail, "does not know") { $0.names = ["10.0.0.13": []] },
        Damage("H23", .fail, "on the techhost") { $0.names = ["10.0.0.13": ["10.9.9.9"]] },
        Damage("H25", .fail, "from 10.0.0.11 port 9093 gives no answer") { $0.closedPorts = [9093] },
        Damage("H26", .warn, "ufw") { ($0.machine.firewalls, $0.closedPorts) = (["ufw"], [9093]) },
        Damage("H26", .pass, "lets them in") { $0.machine.firewalls = ["ufw"] },
        Damage("H27", .warn, "65530") { $0.machine.kernelValues["vm.max_map_count"] = 65_530 },
        Damage("H27", .unknown, "vm.max_map_count") { $0.machine.kernelValues["vm.max_map_count"] = nil },
        Damage("H28", .warn, "1000") { $0.machine.kernelValues["fs.file-max"] = 1000 },
        Damage("H29", .warn, "60") { ($0.machine.swap, $0.machine.kernelValues["vm.swappiness"]) = (ByteCount(1), 60) },
        Damage("H30", .fail, "1024") { $0.machine.containerFiles = 1024 },
        Damage("H33", .warn, "upgrade") { $0.machine.daemonSettings = nil },
        Damage("H35", .warn, "not enabled") { $0.machine.startsDocker = false },
        Damage("H36", .warn, "2 hosts (10.0.0.11) have 6.1.0-18") { $0.machine.kernel = "5.10" },
        Damage("H39", .warn, "2 hosts") { $0.machine.zone = "+0200" },
        Damage("H40", .warn, "2 hosts") { $0.machine.kernelValues["vm.swappiness"] = 1 },
        Damage("H17", .fail, "tmpfs") { $0.machine.disks = [disk { $0.kind = "tmpfs" }] },
        Damage("H18", .fail, "read-only") { $0.machine.disks = [disk { $0.options = ["ro"] }] },
        Damage("H19", .warn, "system's disk") { $0.machine.disks = [disk { $0.isSystems = true }] },
        Damage("H20", .fail, "50 of 1000") { $0.machine.disks = [disk { ($0.inodes, $0.freeInodes) = (1000, 50) }] },
        Damage("H20", .pass, "as needed") { $0.machine.disks = [disk { ($0.inodes, $0.freeInodes) = (0, 0) }] },
        Damage("H41", .warn, "2 hosts") { $0.machine.disks = [disk { $0.kind = "xfs" }] },
    ]

    static func disk(_ change: (inout DiskFacts) -> Void) -> DiskFacts {
        var disk = DiskFacts(
            path: "/var/lib/kafka-docker", mountPoint: "/var/lib/kafka-docker", kind: "ext4",
            options: ["rw", "noatime"], inodes: 1 << 20, freeInodes: 1 << 20, isSystems: false)
        change(&disk)
        return disk
    }

    @Test(arguments: damages) func `what a host lacks is said by its clause`(_ damage: Damage) throws {
        let stage = try PreflightStage()
        stage.damage(damage.body)
        let finding = try #require(
            try stage.findings().first { $0.clause == damage.clause && $0.host == stage.hosts[1] })
        #expect(finding.verdict.result == damage.result)
        #expect(finding.verdict.evidence.contains(damage.words), "\(finding.verdict.evidence)")
        if [.fail, .warn].contains(damage.result) { #expect(!finding.verdict.remedy.isEmpty) }
    }

    @Test func `an address that another host has too is its clause's failure`() throws {
        let stage = try PreflightStage()
        stage.damage { $0.machine.addresses = ["10.0.0.12": "eth0", "10.0.0.11": "eth1"] }
        let finding = try stage.findings().first { $0.clause == "H22" && $0.host == stage.hosts[0] }
        #expect(finding?.verdict.code == "address-claimed-twice")
    }

    @Test func `a host out of reach fails one clause, and nothing that needs it passes`() throws {
        let stage = try PreflightStage()
        stage.damage { $0.isReachable = false }
        let own = try stage.findings().filter { $0.host == stage.hosts[1] }
        #expect(own.filter { $0.verdict.result == .fail }.map(\.clause) == ["H1"])
        #expect(own.filter { $0.verdict.result == .pass }.map(\.clause) == ["H21", "H34"])
        let others = try stage.findings().filter { $0.host != stage.hosts[1] && $0.verdict.result == .fail }
        #expect(others.isEmpty)
    }

    @Test func `two hosts that differ are both warned of, since neither is most of them`() throws {
        var stage = try PreflightStage()
        stage.specification.hosts.removeLast()
        stage.damage { $0.machine.zone = "+0200" }
        let warned = try stage.findings().filter { $0.clause == "H39" && $0.verdict.result == .warn }
        #expect(warned.map(\.host) == Array(stage.hosts.prefix(2)))
    }

    @Test func `a waiver shows its reason, and a blocking clause that is waived blocks no longer`() throws {
        var stage = try PreflightStage()
        stage.damage { $0.closedPorts = [9093] }
        #expect(Assumptions.blockers(try stage.findings()).map(\.code) == ["port-unreachable"])
        stage.specification.waivers = [ClauseWaiver(clause: "H25", reason: "opened on Monday")]
        let findings = try stage.findings()
        #expect(Assumptions.blockers(findings).isEmpty)
        let waived = try #require(findings.first { $0.verdict.result == .waived })
        #expect(waived.clause == "H25" && waived.verdict.evidence.contains("opened on Monday"))
    }

    @Test func `a network that does not carry what moves take is warned of, with what it carries`() throws {
        let stage = try PreflightStage()
        stage.fleet.withState { $0.inflict(.host(.slow, stage.hosts[1], for: nil)) }
        var look = try stage.look()
        look.bandwidth = try stage.bandwidth(look)
        let own = Assumptions.judge(look).filter { $0.clause == "H42" }
        // It sends slowly, and the one that sends to it can be no faster.
        #expect(own.map(\.verdict.result) == [.warn, .warn, .pass])
        #expect(own[1].verdict.evidence.contains("1.1 MiB/s to 10.0.0.13"), "\(own[1].verdict.evidence)")
        #expect(own[1].verdict.remedy.contains("move.throttle"))
    }

    @Test func `fifty hosts of twenty milliseconds are judged within five seconds`() throws {
        let time = VirtualTime()
        let hosts = (1...50).compactMap { HostName(rawValue: "10.0.1.\($0)") }
        var stage = try PreflightStage()
        stage.specification.hosts = hosts.map {
            HostSpecification(host: $0, rack: $0.rawValue, brokers: 2, data: ["/var/lib/kafka-docker"])
        }
        let cluster = stage.specification.cluster.name
        let fleet = SimulatedFleet(cluster: cluster, hosts: hosts, time: time)
        fleet.withState { $0.roundTrip = .milliseconds(20) }
        let layout = try ClusterLayout.initial(
            for: stage.specification, clusterID: stage.layout.clusterID, directoryIDs: { _ in .fallback })
        let specification = stage.specification
        let judged = time.run { () -> [ClauseFinding] in
            let surveys = await HostSurvey.survey(specification, hosts: fleet, containers: fleet)
            let peers = await PeerSurvey.survey(surveys, layout: layout, hosts: fleet)
            return Assumptions.judge(
                PreflightLook(fleet: specification, surveys: surveys, peers: peers, layout: layout))
        }
        let findings = try #require(judged)
        #expect(Set(findings.map(\.host)).count == 50)
        #expect(time.uptime() >= .milliseconds(20 * (7 + 2)))
        #expect(time.uptime() < .seconds(5), "\(time.uptime())")
    }

    @Test func `a disk that is to be formatted must be blank`() throws {
        var stage = try PreflightStage()
        stage.specification.hosts[1].disks = [DataDisk(path: "/data", device: "/dev/vdb")]
        stage.damage { $0.machine.devices = ["/dev/vdb": "ext4 at /old"] }
        let full = try stage.findings().first { $0.clause == "H21" && $0.host == stage.hosts[1] }
        #expect(full?.verdict.code == "disk-not-blank")
        stage.damage { $0.machine.devices = ["/dev/vdb": ""] }
        let blank = try stage.findings().first { $0.clause == "H21" && $0.host == stage.hosts[1] }
        #expect(blank?.verdict.result == .pass)
    }

    @Test func `what would help is chosen by clause and made of changes`() throws {
        let stage = try PreflightStage()
        stage.damage {
            $0.machine.kernelValues["vm.max_map_count"] = 65_530
            $0.machine.daemonSettings = #"{"log-driver": "local"}"#
        }
        let look = try stage.look()
        let findings = Assumptions.judge(look)
        let fixes = Assumptions.fixes(look, for: findings, clauses: [])
        #expect(fixes.map(\.clause) == ["H27", "H33"] && fixes.allSatisfy { $0.host == stage.hosts[1] })
        #expect(fixes[1].changes == [.dockerSettings(#"{"log-driver":"local","live-restore":true}"#)])
        #expect(Assumptions.fixes(look, for: findings, clauses: ["H33"]).map(\.clause) == ["H33"])
        let verdict = try #require(findings.first { $0.clause == "H27" && $0.host == stage.hosts[1] }).verdict
        #expect(verdict.remedy == "gantry preflight --fix H27")
    }

    @Test func `settings of Docker that make no sense are not written over`() throws {
        let stage = try PreflightStage()
        stage.damage { $0.machine.daemonSettings = #"{"live-restore" "# }
        let look = try stage.look()
        #expect(Assumptions.fixes(look, for: Assumptions.judge(look), clauses: ["H33"]).isEmpty)
    }

    @Test func `hosts listen for each other only at ports that no container has`() throws {
        let stage = try PreflightStage()
        let look = try stage.look()
        let answers = try #require(try look.peers?.answers[stage.hosts[0]]?.get())
        #expect(answers.ports[stage.hosts[1]]?.values.allSatisfy { $0 == .open } == true)
    }
}
