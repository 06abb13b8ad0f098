import FleetModel
import FleetSimulator
import HealthRules
import Observation
import OperationModel
import Operations
import Testing

struct ProvisioningTests {
    private func changes(_ stage: PreflightStage, script: String? = nil) throws -> [HostChange] {
        let look = try stage.look()
        let survey = try #require(look.surveys.first { $0.host == stage.hosts[1] })
        return Provisioning(fleet: stage.specification, layout: stage.layout, script: script).changes(for: survey)
    }

    private func context(_ stage: PreflightStage) -> StepContext {
        StepContext(
            world: OperationWorld(
                hosts: stage.fleet, hostSource: stage.fleet, containers: stage.fleet, containerSource: stage.fleet,
                cluster: stage.fleet, control: stage.fleet,
                memory: StoreMemory(store: MemoryStore(), lease: nil), clock: stage.time),
            cluster: stage.specification.cluster.name
        ) { _ in }
    }

    private func bare(_ host: inout SimulatedHost) {
        host.lacksDocker = true
        host.machine.daemonSettings = nil
        host.machine.kernelValues["vm.max_map_count"] = 65_530
        host.machine.isSynchronised = false
    }

    @Test func `a bare host gets packages, settings, kernel values, time and Docker, in that order`() throws {
        let stage = try PreflightStage()
        stage.damage(bare)
        #expect(
            try changes(stage).map(\.name) == [
                "packages-docker.io", "daemon.json", "vm.max_map_count", "time", "docker",
            ])
        stage.damage { $0.machine.system = "debian 13" }
        #expect(try changes(stage).first == .packages(["docker.io", "docker-cli", "docker-compose"]))
    }

    @Test func `the operator's own script takes the place of packages, and is told the host's settings`() throws {
        let stage = try PreflightStage()
        stage.damage(bare)
        guard case .script("echo hi", let environment) = try #require(try changes(stage, script: "echo hi").first)
        else {
            Issue.record("no script")
            return
        }
        #expect(environment["GANTRY_HOST"] == "10.0.0.12" && environment["GANTRY_PORTS"] == "9092 9093 19092")
    }

    @Test func `what is provisioned meets the clauses that it failed, and a second time there is nothing to do`() throws
    {
        let stage = try PreflightStage()
        stage.damage(bare)
        let wanted = try changes(stage)
        #expect(!Assumptions.blockers(try stage.findings()).isEmpty)
        let blockers = Assumptions.blockers(try stage.findings())
        #expect(Provisioning.remaining(blockers, provisioned: [stage.hosts[1]: wanted]).isEmpty)
        #expect(Provisioning.remaining(blockers, provisioned: [:]) == blockers)
        let context = context(stage)
        for change in wanted {
            let step = ChangeHost(target: stage.hosts[1], change: change)
            try stage.run {
                // Debian's package starts Docker, and enables it.
                if change != .dockerRuns { #expect(try await step.probe(context) == .needed, "\(change.name)") }
                _ = try await step.apply(context)
                #expect(try await step.probe(context) != .needed, "\(change.name)")
            }
        }
        #expect(try stage.findings().filter { $0.verdict.result != .pass }.map(\.clause) == [])
    }

    @Test(arguments: [
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (apt-get)", "package-lock"),
        ("E: Failed to fetch http://deb.debian.org/pool/d.deb  Connection failed", "download-failed"),
        ("E: Unable to locate package docker.io", "package-unknown"), ("mkfs.ext4: no", "change-failed"),
    ])
    func `a change that fails is named by what was in its way, and leaves the host as it was`(
        _ words: String, _ code: String
    ) throws {
        let stage = try PreflightStage()
        stage.damage(bare)
        stage.damage { $0.refusedChanges = ["packages-docker.io": words] }
        let context = context(stage)
        let step = ChangeHost(target: stage.hosts[1], change: .packages(["docker.io"]))
        let failure = try stage.run { () -> StepFailure? in
            do {
                _ = try await step.apply(context)
                return nil
            } catch let failure as StepFailure { return failure }
        }
        #expect(failure?.code == code)
        #expect(failure?.reason.contains("10.0.0.12") == true)
    }

    @Test func `a disk with something on it is never formatted`() throws {
        let stage = try PreflightStage()
        stage.damage { $0.machine.devices = ["/dev/vdb": "xfs"] }
        let step = ChangeHost(target: stage.hosts[1], change: .dataDisk(device: "/dev/vdb", path: "/data"))
        let context = context(stage)
        let failure = try stage.run { () -> StepFailure? in
            do {
                _ = try await step.apply(context)
                return nil
            } catch let failure as StepFailure { return failure }
        }
        #expect(failure?.code == "disk-not-blank")
    }

    @Test func `a disk with something on it forbids provisioning before anything is changed`() throws {
        var stage = try PreflightStage()
        stage.specification.hosts[1].disks = [DataDisk(path: "/var/lib/kafka-docker", device: "/dev/vdb")]
        stage.damage(bare)
        func blockers(_ found: String) throws -> [String] {
            stage.damage {
                $0.machine.devices = ["/dev/vdb": found]
                $0.machine.disks = [ClauseTests.disk { $0.mountPoint = "/" }]
            }
            let look = try stage.look()
            let wanted = try changes(stage)
            return Provisioning.diskBlockers(
                look.surveys, fleet: stage.specification, provisioned: [stage.hosts[1]: wanted]
            ).map(\.code)
        }
        #expect(try blockers("xfs at /old") == ["disk-not-blank"])
        #expect(try blockers("it is no block device") == ["no-device"])
        #expect(try blockers("") == [])
        // Nobody asked for it to be formatted: it is a clause of preflight, and nothing else.
        let look = try stage.look()
        #expect(Provisioning.diskBlockers(look.surveys, fleet: stage.specification, provisioned: [:]).isEmpty)
    }

    @Test func `a plan does every change of a host before anything of Kafka is placed there`() throws {
        let stage = try PreflightStage()
        stage.damage(bare)
        let look = try stage.look()
        let wanted = try changes(stage)
        let plan = try Bootstrap(
            fleet: stage.specification, layout: stage.layout, surveys: look.surveys, files: [:], canary: false,
            now: Timestamp(milliseconds: 0), provisioning: [stage.hosts[1]: wanted]
        ).plan(arguments: ["--provision"], reason: nil)
        let own = plan.steps.filter { $0.kind == "change-host" }
        #expect(own.count == wanted.count && own.allSatisfy { $0.host == stage.hosts[1] })
        let placing = try #require(plan.steps.first { $0.kind == "place-files" && $0.host == stage.hosts[1] })
        #expect(placing.dependencies == own.suffix(1).map(\.id))
        for record in own { #expect(try StepCatalog.step(record) is ChangeHost) }
    }

    @Test func `only what is safe is taken back`() throws {
        let changes: [HostChange] = [
            .packages(["docker.io"]), .kernelValue(name: "vm.max_map_count", value: 1, isLeast: true),
            .dataDisk(device: "/dev/vdb", path: "/data"), .openPorts([9092], firewall: "ufw"), .dockerRuns,
        ]
        let host = try #require(HostName(rawValue: "h1"))
        let records = try Provisioning.undoSteps(changes, on: host, after: [])
        #expect(records.map(\.id.rawValue) == ["undo-host-change/h1/ports", "undo-host-change/h1/vm.max_map_count"])
    }
}
