import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Testing

@testable import Monitoring

/// The whole daemon's work on the simulated fleet, under virtual time.
struct MonitorTests {
    @Test func `a broker that is killed is told within a second, with its exit code and its last lines`() throws {
        let stage = try MonitorStage()
        let (fleet, time, sink) = (stage.fleet, stage.time, stage.sink)
        let node = try stage.node(3)
        let told = try stage.watch {
            fleet.kill(node: node)
            let killed = time.now()
            try await time.sleep(for: .seconds(4))
            let change = try #require(sink.changes.first)
            // The simulated daemon is asked every two seconds, in which virtual time counts.
            #expect(change.at.since(killed) < .seconds(3))
            #expect(change.incident.finding.evidence.contains("exit code 137"))
            #expect(!change.incident.evidence.isEmpty)
            #expect(sink.lines.contains { $0.contains("event=incident-opened") && $0.contains(#"subject="broker 3""#) })
            #expect(sink.lines.contains { $0.contains("event=incident-evidence") })
        }
        #expect(told == ["opened broker-container-dead broker 3"])
    }

    @Test(arguments: [EventWay.garbled, .cut])
    func `what can not be read, or ends, is a reason to look: nothing is missed`(way: EventWay) throws {
        let stage = try MonitorStage()
        let (fleet, time, sink) = (stage.fleet, stage.time, stage.sink)
        let node = try stage.node(3)
        let told = try stage.watch(through: way) {
            // Away from the look at the whole, which would see the death before any event of it.
            try await time.sleep(for: .seconds(10))
            fleet.kill(node: node)
            let killed = time.now()
            try await time.sleep(for: .seconds(10))
            #expect(try #require(sink.changes.first).at.since(killed) < .seconds(4))
        }
        #expect(told == ["opened broker-container-dead broker 3"])
        if way == .garbled { #expect(sink.present?.hosts.contains { $0.garbled > 0 } == true) }
    }

    @Test func `a stream that stalls costs an interval, and is made anew`() throws {
        let stage = try MonitorStage()
        let (fleet, time, sink) = (stage.fleet, stage.time, stage.sink)
        let node = try stage.node(3)
        let told = try stage.watch(through: .stalled) {
            fleet.kill(node: node)
            try await time.sleep(for: .seconds(45))
        }
        #expect(told == ["opened broker-container-dead broker 3"])
        #expect(sink.present?.unheardTotal == 1)
    }

    @Test func `a healthy fleet has nothing to tell for an hour`() throws {
        let stage = try MonitorStage()
        let time = stage.time
        let told = try stage.watch { try await time.sleep(for: .seconds(3600)) }
        #expect(told == [])
        #expect(stage.sink.present?.incidents.isEmpty == true)
        #expect(stage.sink.present?.unheardTotal == 0)
        #expect(stage.sink.present?.hosts.allSatisfy { $0.isWatched } == true)
    }

    @Test func `a host cut off for a minute is one incident and one closing, and is blind meanwhile`() throws {
        let stage = try MonitorStage()
        let (fleet, time, sink, host) = (stage.fleet, stage.time, stage.sink, stage.host(2))
        let told = try stage.watch {
            fleet.withState { $0.afflict(host, with: .cutOff, for: .seconds(60)) }
            try await time.sleep(for: .seconds(50))
            let sight = try #require(sink.present?.hosts.first { $0.host == host })
            #expect(!sight.isWatched)
            #expect(sight.blindSince != nil)
            #expect(sight.reason != nil)
            try await time.sleep(for: .seconds(250))
        }
        #expect(told == ["opened host-unreachable host \(host)", "closed host-unreachable host \(host)"])
        #expect(sink.present?.hosts.allSatisfy { $0.isWatched } == true)
    }

    @Test func `Docker that is stopped and started is one incident and one closing`() throws {
        let stage = try MonitorStage()
        let (fleet, time, host) = (stage.fleet, stage.time, stage.host(2))
        let told = try stage.watch {
            fleet.withState { $0.afflict(host, with: .dockerStopped, for: .seconds(60)) }
            try await time.sleep(for: .seconds(300))
        }
        #expect(told == ["opened docker-down host \(host)", "closed docker-down host \(host)"])
    }

    @Test func `a host that is away for an hour is seen again by itself`() throws {
        let stage = try MonitorStage()
        let (fleet, time, sink) = (stage.fleet, stage.time, stage.sink)
        let hosts = stage.specification.hosts.map(\.host)
        _ = try stage.watch {
            for host in hosts { fleet.withState { $0.afflict(host, with: .silentSSH, for: .seconds(3600)) } }
            try await time.sleep(for: .seconds(3600))
            #expect(sink.present?.hosts.allSatisfy { !$0.isWatched } == true)
            try await time.sleep(for: .seconds(120))
        }
        #expect(sink.present?.hosts.allSatisfy { $0.isWatched } == true)
    }

    @Test func `a container that Docker restarts is told with exit code and cause, and is over when it stays`() throws {
        let stage = try MonitorStage()
        let (fleet, time, sink) = (stage.fleet, stage.time, stage.sink)
        let node = try stage.node(3)
        let told = try stage.watch {
            fleet.withState { $0.crash(node, forMemory: true) }
            try await time.sleep(for: .seconds(200))
        }
        // Seen between two attempts or only afterwards: either way it is one incident.
        let rule = try #require(sink.changes.first?.incident.key.rule)
        #expect(["container-restarted", "broker-container-dead"].contains(rule))
        #expect(told == ["opened \(rule) broker 3", "closed \(rule) broker 3"])
        let evidence = sink.changes.first?.incident.finding.evidence ?? ""
        #expect(evidence.contains("exit code 137") && evidence.contains("memory"), "\(evidence)")
    }

    @Test func `what is critical by an operation at work is a warning that names it, and nothing else is`() {
        func finding(_ rule: String, _ subject: String, _ severity: Severity = .critical) -> Finding {
            Finding(rule: rule, severity: severity, subject: subject, evidence: "it is so", remedy: "look")
        }
        let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 1)
        let operation = OperationAtWork(id: id, command: "restart 3", subjects: ["broker 3"])
        let told = operation.softening([
            finding("broker-container-dead", "broker 3"), finding("broker-container-dead", "broker 5"),
            finding("quorum-unknown", "quorum", .unknown),
        ])
        #expect(told.map(\.subject) == ["broker 5", "quorum", "broker 3"], "the worst first")
        #expect(told.map(\.severity) == [.critical, .unknown, .warning])
        #expect(told.last?.evidence == "it is so; operation \(id) (restart 3) is at work there")
        #expect(told.last?.remedy == "gantry operation attach \(id)")
    }

    @Test func `what an operation stops is not told, and a broker that dies beside it is`() throws {
        let stage = try MonitorStage()
        let (fleet, time, operation) = (stage.fleet, stage.time, stage.operation)
        let (stopped, died) = (try stage.node(3), try stage.node(5))
        let told = try stage.watch {
            operation.value = OperationAtWork(
                id: OperationID(createdAt: time.now(), salt: 1), command: "restart 3", subjects: ["broker 3"])
            fleet.withState { $0.kill(stopped) }
            try await time.sleep(for: .seconds(60))
            fleet.withState { $0.kill(died) }
            try await time.sleep(for: .seconds(10))
        }
        #expect(told == ["opened broker-container-dead broker 5"])
    }

    @Test func `an operation that lost its worker and is left is an incident until somebody is at it again`() throws {
        let stage = try MonitorStage()
        let (time, left) = (stage.time, stage.left)
        let lost = try LostWorkerTests.lost(.workerDied)
        let told = try stage.watch {
            left.value = lost.finding(.again(3), log: "/var/lib/gantry/x.log")
            try await time.sleep(for: .seconds(60))
            left.value = nil
            try await time.sleep(for: .seconds(60))
        }
        let subject = "operation-interrupted operation \(lost.operation)"
        #expect(told == ["opened \(subject)", "closed \(subject)"])
    }
}
