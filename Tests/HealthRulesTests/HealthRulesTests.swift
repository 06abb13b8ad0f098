import FleetModel
import HealthRules
import Testing

struct HealthRulesTests {
    @Test func `a healthy cluster has no finding`() throws {
        let world = try #require(World())
        #expect(world.findings == [])
        #expect(world.findings.severity == .ok)
        #expect(world.state(1) == .running)
    }

    @Test func `a clock that is off by more than a second is told, with how far`() throws {
        func findings(_ off: Int) throws -> [Finding] {
            var world = try #require(World())
            world.snapshot.hosts[1].skew = .milliseconds(off)
            return world.findings
        }
        #expect(try findings(500) == [])
        let behind = try #require(try findings(-1500).first)
        #expect(behind.rule == "clock-skew" && behind.severity == .warning)
        #expect(behind.evidence == "its clock is 1.5s behind the techhost's")
        let ahead = try #require(try findings(42_000).first)
        #expect(ahead.severity == .critical)
        #expect(ahead.evidence == "its clock is 42s ahead of the techhost's")
    }

    @Test(arguments: [(1, 0, nil), (59, 0, nil), (60, 0, .warning), (1, 1, .warning)] as [(Int, Int, Severity?)])
    func `mail that is just being handed over worries nobody`(waits: Int, dropped: Int, severity: Severity?) throws {
        var world = try #require(World())
        world.mail.kept = 1
        world.mail.dropped = dropped
        world.mail.since = world.snapshot.takenAt.advanced(by: .seconds(-waits))
        #expect(world.findings.map(\.severity) == [severity].compactMap { $0 })
    }

    @Test(arguments: [(20, nil), (15, .warning), (2, .critical), (-1, .critical)] as [(Int, Severity?)])
    func `a mail server's certificate is told of before it ends`(days: Int, severity: Severity?) throws {
        var world = try #require(World())
        let end = world.snapshot.takenAt.advanced(by: .seconds(days * 86_400))
        world.mail.certificate = ServerCertificate(server: "smtp://mail.example.com", end: end)
        #expect(world.findings.map(\.severity) == [severity].compactMap { $0 })
        let words = days > 0 ? "ends \(end)" : "ended \(end)"
        #expect(world.findings.allSatisfy { $0.rule == "certificate-expiring" && $0.evidence.contains(words) })
    }

    @Test func `a killed broker is critical at once, while Kafka still shows it unfenced`() throws {
        var world = try #require(World())
        world.container(2) {
            $0.state = .exited
            $0.exitCode = 137
        }
        let finding = try #require(world.findings.first)
        #expect(finding.rule == "broker-container-dead" && finding.subject == "broker 2")
        #expect(finding.severity == .critical)
        #expect(finding.evidence.contains("exit code 137") && finding.evidence.contains("SIGKILL"))
        #expect(world.state(2) == .stopped)
    }

    @Test func `a dead broker is started by a command that does not need the hosts that are out of reach`() throws {
        var world = try #require(World())
        world.container(2) { $0.state = .exited }
        #expect(world.findings.first?.remedy.hasPrefix("gantry bootstrap ") == true)
        world.snapshot.hosts[0].state = .unreachable(reason: "no answer", remedy: "look at it")
        let remedy = world.findings.first { $0.rule == "broker-container-dead" }?.remedy
        #expect(remedy?.hasPrefix("gantry restart 2 ") == true)
    }

    @Test func `of a dead broker its container's finding says enough`() throws {
        var world = try #require(World())
        let two = try #require(NodeID(rawValue: 2))
        world.snapshot.canaries = [CanaryObservation(broker: two, result: .failed(reason: "connection refused"))]
        world.cluster {
            $0.logDirectories = [BrokerLogDirectories(broker: two, directories: .unknown(reason: "refused"))]
        }
        #expect(world.rules == ["canary-failed", "log-directories-unknown"])
        world.container(2) { $0.state = .exited }
        #expect(world.rules == ["broker-container-dead"])
    }

    @Test func `a broker whose container was removed is missing`() throws {
        var world = try #require(World())
        world.snapshot.hosts[1].containers = []
        #expect(world.state(2) == .missing)
        #expect(world.rules.contains("container-missing"))
    }

    @Test func `a running container without a serving registration is fenced`() throws {
        var world = try #require(World())
        world.registration(2, fenced: true)
        #expect(world.state(2) == .fenced)
        world.registration(2, fenced: nil)
        #expect(world.state(2) == .fenced)
        #expect(world.rules.contains("broker-fenced"))
    }

    @Test func `a broker that serves on a host that can't be reached is running`() throws {
        var world = try #require(World())
        world.snapshot.hosts[1] = HostObservation(
            host: World.hosts[1], state: .unreachable(reason: "no route", remedy: "look"))
        #expect(world.state(2) == .running)
        #expect(world.rules == ["host-unreachable"])
        #expect(world.findings.severity == .critical)
    }

    @Test func `what neither Docker nor Kafka can tell is unknown`() throws {
        var world = try #require(World())
        world.snapshot.hosts = World.hosts.map {
            HostObservation(host: $0, state: .unreachable(reason: "no route", remedy: "look"))
        }
        world.snapshot.cluster = .unknown(reason: "nobody answers")
        #expect(world.state(1) == .unknown && world.state(2) == .unknown)
        #expect(world.findings.contains { $0.rule == "cluster-unreachable" && $0.severity == .unknown })
    }

    @Test func `a Kafka that is silent while every host was seen is critical`() throws {
        var world = try #require(World())
        world.snapshot.cluster = .unknown(reason: "nobody answers")
        #expect(world.findings.contains { $0.rule == "cluster-unreachable" && $0.severity == .critical })
    }

    @Test func `a registration that nobody wants and nothing runs is a ghost`() throws {
        var world = try #require(World())
        world.layout = world.layout.map { layout in
            ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id.rawValue != 2 })
        }
        world.snapshot.hosts[1].containers = []
        world.registration(2, fenced: true)
        #expect(world.state(2) == .ghost)
        #expect(world.rules.contains("broker-ghost"))
    }

    @Test func `a container that Docker could not start says why`() throws {
        var world = try #require(World())
        world.container(1) {
            ($0.state, $0.exitCode) = (.exited, 1)
            $0.startError = "mkdir /var/lib/docker/overlay2/x: no space left on device"
        }
        let finding = try #require(world.findings.first { $0.rule == "broker-container-dead" })
        #expect(finding.evidence.contains("Docker could not start it: mkdir"), "\(finding)")
        #expect(finding.evidence.hasSuffix("no space left on device"))
    }

    @Test func `a retired node whose container is back is critical`() throws {
        var world = try #require(World())
        let two = try #require(NodeID(rawValue: 2))
        world.layout = world.layout.map { layout in
            ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id != two })
        }
        world.retired = [two]
        #expect(
            world.findings.contains { $0.rule == "container-leftover" && $0.severity == .critical })
    }

    @Test func `nobody is told to stop a broker that serves the cluster from outside the layout`() throws {
        var world = try #require(World())
        let two = try #require(NodeID(rawValue: 2))
        world.layout = world.layout.map { layout in
            ClusterLayout(clusterID: layout.clusterID, nodes: layout.nodes.filter { $0.id != two })
        }
        let serving = try #require(world.findings.first { $0.rule == "container-leftover" })
        #expect(serving.remedy.hasPrefix("do not stop it") && !serving.remedy.contains("docker stop"))
        world.registration(2, fenced: true)
        let idle = try #require(world.findings.first { $0.rule == "container-leftover" })
        #expect(idle.remedy.contains("docker stop"))
    }

    @Test func `partitions are judged by leader, min ISR and ISR, canaries left out`() throws {
        var world = try #require(World())
        world.cluster { cluster in
            var table = PartitionTable()
            table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: 2))
            table.append(partition: 0, leader: -1, replicas: [1, 2], inSync: [])
            table.append(partition: 1, leader: 1, replicas: [1, 2], inSync: [1])
            table.beginTopic(TopicObservation(name: "u", minInSyncReplicas: 1))
            table.append(partition: 0, leader: 1, replicas: [1, 2], inSync: [1])
            table.beginTopic(TopicObservation(name: "__gantry-canary-2"))
            table.append(partition: 0, leader: -1, replicas: [2], inSync: [])
            cluster.partitions = .known(table)
        }
        #expect(world.rules == ["partitions-offline", "partitions-under-min-isr", "partitions-under-replicated"])
        #expect(world.findings.map(\.subject) == ["1 partition", "1 partition", "1 partition"])
        let counts = try #require(world.snapshot.cluster.value?.partitions.value?.counts())
        #expect(counts.total == 3 && counts.offline == 1 && counts.underMinInSync == 2)
    }

    @Test func `a replica that a move is adding is not missed, one of the others is`() throws {
        var world = try #require(World())
        world.operationRunning = true
        let (one, two) = (try #require(NodeID(rawValue: 1)), try #require(NodeID(rawValue: 2)))
        func under(inSync: [Int32]) -> (rules: [String], count: Int?) {
            world.cluster { cluster in
                var table = PartitionTable()
                table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: 1))
                table.append(partition: 0, leader: 1, replicas: [1, 2, 3], inSync: inSync)
                cluster.partitions = .known(table)
                cluster.reassignments = .known([
                    ReassignmentObservation(
                        partition: TopicPartition(topic: "t", partition: 0), replicas: [one, two],
                        adding: [NodeID(rawValue: 3)].compactMap { $0 }, removing: [two])
                ])
                cluster.markAdding()
            }
            return (world.rules, world.snapshot.cluster.value?.partitions.value?.counts().underReplicated)
        }
        #expect(under(inSync: [1, 2]) == ([], 0))
        #expect(under(inSync: [1]) == (["partitions-under-replicated"], 1))
        // The new one has caught up while an old one lags: as many as before, and one of them is missed.
        #expect(under(inSync: [1, 3]) == (["partitions-under-replicated"], 1))
    }

    @Test func `a min ISR above the replication factor asks for no more than the factor`() throws {
        var world = try #require(World())
        world.cluster { cluster in
            var table = PartitionTable()
            table.beginTopic(TopicObservation(name: "t", minInSyncReplicas: 2))
            table.append(partition: 0, leader: 1, replicas: [1], inSync: [1])
            cluster.partitions = .known(table)
        }
        #expect(world.findings == [])
    }

    @Test func `another cluster's id on Kafka or on a container is critical`() throws {
        var world = try #require(World())
        let other = try #require(ClusterID(rawValue: "other"))
        world.cluster { $0.clusterID = other }
        world.container(1) { $0.clusterID = other }
        #expect(world.rules.filter { $0 == "cluster-id-mismatch" }.count == 2)
    }

    @Test func `moves and throttles are findings only while no operation of ours runs`() throws {
        var world = try #require(World())
        let one = try #require(NodeID(rawValue: 1))
        world.cluster {
            $0.reassignments = .known([
                ReassignmentObservation(
                    partition: TopicPartition(topic: "t", partition: 0), replicas: [one], adding: [one], removing: [])
            ])
        }
        #expect(world.rules == ["reassignment-orphan"])
        world.operationRunning = true
        #expect(world.rules == [])
        world.operationRunning = false
        world.cluster {
            $0.reassignments = .known([])
            $0.throttles = .known([
                ThrottleObservation(subject: "broker 1", name: "leader.replication.throttled.rate", value: "1")
            ])
        }
        #expect(world.rules == ["throttle-leftover"])
    }

    @Test func `a cordon is a finding while no operation of ours runs, of the broker or of a directory`() throws {
        var world = try #require(World())
        let one = try #require(NodeID(rawValue: 1))
        func cordon(_ places: Set<Int>) {
            world.cluster {
                $0.logDirectories = [
                    BrokerLogDirectories(
                        broker: one,
                        directories: .known(
                            (0..<2).map {
                                LogDirectoryObservation(
                                    path: "/d\($0)", error: nil, total: nil, usable: nil, logBytes: .zero, replicas: 0,
                                    isCordoned: places.contains($0))
                            }))
                ]
            }
        }
        cordon([])
        #expect(world.rules == [])
        cordon([1])
        #expect(world.rules == ["broker-cordoned"])
        #expect(world.findings.first?.evidence.contains("/d1 are cordoned") == true)
        cordon([0, 1])
        #expect(world.findings.first?.evidence.contains("it is cordoned") == true)
        world.operationRunning = true
        #expect(world.rules == [])
    }

    @Test(arguments: [true, false])
    func `what an operation of ours has left is told to be its, with what goes on with it or takes it back`(
        canGoOn: Bool
    ) throws {
        var world = try #require(World())
        let one = try #require(NodeID(rawValue: 1))
        func moving(_ partition: Int32) -> ReassignmentObservation {
            ReassignmentObservation(
                partition: TopicPartition(topic: "t", partition: partition), replicas: [one], adding: [one],
                removing: [])
        }
        world.left = LeftInForce(
            operation: "20260501-030000-3f9a", command: "removebroker 3", state: "was interrupted",
            partitions: [TopicPartition(topic: "t", partition: 0)], throttled: ["broker 1"], cordoned: [one],
            canGoOn: canGoOn)
        world.cluster { $0.reassignments = .known([moving(0), moving(1)]) }
        let (others, own) = (try #require(world.findings.first), try #require(world.findings.last))
        #expect(world.rules == ["reassignment-orphan", "reassignment-orphan"])
        #expect(others.subject == "1 partition" && others.evidence.hasSuffix(": t-1"), "\(others)")
        #expect(own.subject == "operation 20260501-030000-3f9a")
        #expect(own.evidence == "1 partition is being moved by removebroker 3, which was interrupted: t-0")
        let remedy =
            (canGoOn ? "gantry operation resume 20260501-030000-3f9a goes on with it, " : "")
            + "gantry operation abort 20260501-030000-3f9a takes back what it left"
        #expect(own.remedy == remedy)
        world.cluster {
            $0.reassignments = .known([])
            $0.throttles = .known(
                ["broker 1", "broker 2"].map {
                    ThrottleObservation(subject: $0, name: "leader.replication.throttled.rate", value: "1")
                })
        }
        #expect(world.rules == ["throttle-leftover", "throttle-leftover"])
        #expect(world.findings.map(\.subject) == ["1 setting", "operation 20260501-030000-3f9a"])
        #expect(world.findings.first?.evidence.hasSuffix(": broker 2") == true)
        #expect(
            world.findings.last?.evidence
                == "1 setting of removebroker 3, which was interrupted, throttles replication while nothing is being moved, "
                + "which slows the next recovery: broker 1")
        #expect(world.findings.last?.remedy == remedy)
        world.cluster {
            $0.throttles = .known([])
            $0.logDirectories = [
                BrokerLogDirectories(
                    broker: one,
                    directories: .known([
                        LogDirectoryObservation(
                            path: "/d", error: nil, total: nil, usable: nil, logBytes: .zero, replicas: 0,
                            isCordoned: true)
                    ]))
            ]
        }
        #expect(world.rules == ["broker-cordoned"])
        #expect(
            world.findings.first?.evidence
                == "it is cordoned by removebroker 3, which was interrupted: no new partition is placed there")
        #expect(world.findings.first?.remedy == remedy)
        world.operationRunning = true
        #expect(world.rules == [])
    }

    @Test func `a voter that stopped fetching is told by the leader's own clock`() throws {
        var world = try #require(World())
        let other = try #require(NodeID(rawValue: 9002))
        world.cluster { cluster in
            guard var quorum = cluster.quorum.value else { return }
            quorum.voters.append(
                QuorumMember(
                    id: other, directoryID: nil, lag: 40, lastCaughtUp: nil,
                    lastFetch: Timestamp(milliseconds: 1_000_000 - 11_000)))
            cluster.quorum = .known(quorum)
        }
        #expect(world.rules == ["quorum-voter-lagging"])
    }

    @Test func `the worst finding comes first and decides: critical, then unknown, then warning`() throws {
        var world = try #require(World())
        world.cluster { $0.quorum = .unknown(reason: "no majority") }
        world.snapshot.hosts[0].disks = [DiskObservation(path: "/d", total: ByteCount(1000), free: ByteCount(100))]
        world.snapshot.canaries = [
            CanaryObservation(broker: try #require(NodeID(rawValue: 1)), result: .failed(reason: "timed out"))
        ]
        #expect(world.rules == ["canary-failed", "quorum-unknown", "disk-full"])
        #expect(world.findings.severity == .critical)
        #expect([Finding]().severity == .ok)
    }

    @Test func `what follows from a host out of reach names it, stands behind it and is shown with it`() throws {
        var world = try #require(World())
        let two = try #require(NodeID(rawValue: 2))
        world.snapshot.hosts[1] = HostObservation(
            host: World.hosts[1], state: .dockerDown(reason: "no daemon", remedy: "start it"))
        world.registration(2, fenced: true)
        world.snapshot.canaries = [CanaryObservation(broker: two, result: .failed(reason: "connection refused"))]
        world.cluster { cluster in
            guard var table = cluster.partitions.value else { return }
            table.beginTopic(TopicObservation(name: "u"))
            table.append(partition: 0, leader: 1, replicas: [1, 2], inSync: [1])
            cluster.partitions = .known(table)
        }
        #expect(world.rules == ["docker-down", "broker-fenced", "canary-failed", "partitions-under-replicated"])
        #expect(world.findings.map(\.follows) == [nil, "host 10.0.0.12", "host 10.0.0.12", nil])
        let groups = world.findings.groups
        #expect(groups.map(\.finding.rule) == ["docker-down", "partitions-under-replicated"])
        #expect(groups.first?.consequences.map(\.rule) == ["broker-fenced", "canary-failed"])
        #expect(groups.first?.taken == "broker 2")
        #expect(groups.last?.taken == nil)
    }

    @Test func `a broker on a host that answers stands by itself`() throws {
        var world = try #require(World())
        world.registration(2, fenced: true)
        #expect(world.findings.map(\.follows) == [nil])
    }

    @Test func `a group names what its cause takes along, each node once`() {
        func finding(_ subject: String, follows: String? = nil) -> Finding {
            Finding(
                rule: "r", severity: .critical, subject: subject, evidence: "e", remedy: "m", follows: follows)
        }
        let findings = [
            finding("host a"), finding("broker 3", follows: "host a"), finding("controller 9002", follows: "host a"),
            finding("broker 4", follows: "host a"), finding("broker 3", follows: "host a"),
            finding("broker 7", follows: "host b"), finding("host a"),
        ]
        let groups = findings.groups
        #expect(groups.map(\.finding.subject) == ["host a", "host a", "broker 7"])
        #expect(groups.map(\.taken) == ["brokers 3, 4 and controller 9002", nil, nil])
        #expect(groups.reduce(0) { $0 + 1 + $1.consequences.count } == findings.count)
    }

    @Test func `without a partition table nobody counts partitions and leaders`() throws {
        var world = try #require(World())
        #expect(world.context.brokers.map(\.partitions) == [2, 2])
        #expect(world.context.brokers.map(\.leaders) == [1, 1])
        world.cluster { $0.partitions = .known(PartitionTable()) }
        #expect(world.context.brokers.map(\.leaders) == [0, 0])
        world.cluster { $0.partitions = .unknown(reason: "timed out") }
        #expect(world.context.brokers.map(\.partitions) == [nil, nil])
        world.snapshot.cluster = .unknown(reason: "nobody answers")
        #expect(world.context.brokers.map(\.leaders) == [nil, nil])
    }

    @Test func `every rule has an id of its own and a title`() {
        let ids = HealthRules.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(HealthRules.all.allSatisfy { !$0.title.isEmpty })
    }
}
