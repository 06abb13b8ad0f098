import FleetModel
import Foundation
import Operations
import Processes
import Testing

@testable import FleetRuntime

/// The units, and the script that the host's unit runs, with a Docker that only keeps names.
struct ServiceTests {
    /// `docker ps`, `start` and `stop` over a file `containers` of lines `ROLE CLUSTER NODE NAME STATE`.
    private static let docker = #"""
        #!/bin/sh
        cd "$STAND"
        verb=$1; shift
        case $verb in
        ps)
          case " $* " in *" -a "*) cat containers ;; *) grep ' running$' containers ;; esac | cut -d' ' -f1-4 ;;
        start)
          echo "start $*" >> calls
          ! grep -qx "$1" "$STAND/unmounted" 2>/dev/null || exit 1
          sed -i "s/ $1 exited/ $1 running/" containers ;;
        stop)
          shift 2; echo "stop $*" >> calls
          for n in "$@"; do sed -i "s/ $n running/ $n exited/" containers; done ;;
        esac
        exit 0
        """#

    private func withHost(
        _ containers: String,
        _ body: (_ run: (String) async throws -> ProcessResult, _ directory: String) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/bin", withIntermediateDirectories: true)
            let script = try #require(HostService.files.first { $0.path == HostService.scriptPath })
            try Data(script.contents).write(to: URL(filePath: "\(directory)/kafka-docker.sh"))
            try Data(Self.docker.utf8).write(to: URL(filePath: "\(directory)/bin/docker"))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(directory)/bin/docker")
            try Data(containers.utf8).write(to: URL(filePath: "\(directory)/containers"))
            try await body(
                { verb in
                    try await Process.run(
                        "/bin/sh", ["\(directory)/kafka-docker.sh", verb],
                        environment: .inheritedWith([
                            "PATH": "\(directory)/bin:/usr/bin:/bin", "STAND": directory,
                            "KAFKA_DOCKER_ROOT": directory, "KAFKA_DOCKER_PATIENCE": "0",
                        ]), deadline: .seconds(30))
                }, directory)
        }
    }

    private func calls(_ directory: String) -> [String] {
        ((try? String(contentsOfFile: "\(directory)/calls", encoding: .utf8)) ?? "").split(separator: "\n").map(
            String.init)
    }

    private static let three = """
        controller orders 9001 orders-controller-9001 running
        broker orders 1 orders-broker-1 running
        broker orders 2 orders-broker-2 exited
        broker other 7 other-broker-7 running

        """

    @Test func `a stop stops brokers before controllers, and a start starts just those, controllers first`()
        async throws
    {
        try await withHost(Self.three) { run, directory in
            let result1 = try await run("stop")
            #expect(result1.exit.isSuccess)
            #expect(calls(directory) == ["stop orders-broker-1 other-broker-7", "stop orders-controller-9001"])
            let result2 = try await run("start")
            #expect(result2.exit.isSuccess)
            // Broker 2 was stopped before, by somebody who meant it.
            #expect(
                calls(directory).dropFirst(2) == [
                    "start orders-controller-9001", "start orders-broker-1", "start other-broker-7",
                ])
            let result3 = try await run("start")
            #expect(result3.exit.isSuccess)
            #expect(calls(directory).count == 5, "what runs is not touched")
        }
    }

    @Test func `a node that was removed for good is not started again`() async throws {
        try await withHost(Self.three) { run, directory in
            _ = try await run("stop")
            try FileManager.default.createDirectory(atPath: "\(directory)/orders", withIntermediateDirectories: true)
            try Data(#"{"retired": [ 1, 12 ]}"#.utf8).write(to: URL(filePath: "\(directory)/orders/retired.json"))
            let result = try await run("start")
            #expect(result.stdout.text.contains("orders-broker-1 was removed for good"))
            #expect(!calls(directory).contains("start orders-broker-1"))
            #expect(calls(directory).contains("start orders-controller-9001"))
        }
    }

    @Test func `what can't be started, since its disk comes late, is started by the next start`() async throws {
        try await withHost(Self.three) { run, directory in
            _ = try await run("stop")
            try Data("orders-broker-1\n".utf8).write(to: URL(filePath: "\(directory)/unmounted"))
            let early = try await run("start")
            #expect(early.exit.isSuccess)
            #expect(early.stdout.text.contains("these can't be started: orders-broker-1 : mend that, then systemctl"))
            try FileManager.default.removeItem(atPath: "\(directory)/unmounted")
            let before = calls(directory).count
            let late = try await run("start")
            #expect(late.exit.isSuccess)
            #expect(calls(directory).dropFirst(before) == ["start orders-broker-1"])
        }
    }

    @Test func `a start that waits in vain names who does not answer, and leaves the unit started`() async throws {
        try await withHost(Self.three) { run, directory in
            try FileManager.default.createDirectory(atPath: "\(directory)/orders", withIntermediateDirectories: true)
            try Data("node.id=1\nlisteners=BROKER://:1\n".utf8).write(
                to: URL(filePath: "\(directory)/orders/1.properties"))
            let result = try await run("start")
            #expect(result.exit.isSuccess)
            #expect(result.stdout.text.contains("after 0 s these do not answer: orders-broker-1"))
        }
    }

    @Test func `the script is one that every POSIX shell reads`() async throws {
        try await withHost("") { run, directory in
            let refused = try await run("nonsense")
            #expect(refused.exit == .exited(64))
            let read = try await Process.run("dash", ["-n", "\(directory)/kafka-docker.sh"], deadline: .seconds(10))
            #expect(read.exit.isSuccess)
        }
    }

    @Test func `what is done to a host's unit says how it stands`() {
        #expect(HostServiceScript.state("") == ServiceState(hasManager: false, isEnabled: false, isActive: false))
        #expect(
            HostServiceScript.state("hello\nmanager\nenabled\nactive\n")
                == ServiceState(hasManager: true, isEnabled: true, isActive: true))
        #expect(HostServiceScript.state("manager\nother b\nother a").others == ["b", "a"])
    }

    @Test func `the techhost's unit sees read-only what is not the fleet's`() throws {
        let cluster = ClusterSpecification(
            name: try #require(ClusterName(rawValue: "orders")), version: KafkaVersion(major: 4, minor: 3, patch: 1),
            image: "i", controllers: 1)
        var fleet = FleetSpecification(cluster: cluster, hosts: [])
        let place = FleetPlace(directory: "/etc/gantry", state: "/var/lib/gantry")
        let unit = TechhostService(fleet: fleet, place: place).text(program: "/usr/bin/gantry")
        #expect(unit.contains("ExecStart=/usr/bin/gantry dockmon run --quiet --resume --fleet /etc/gantry\n"))
        #expect(unit.contains("ReadWritePaths=-/etc/gantry -/var/lib/gantry -/var/log/gantry\n"))
        #expect(unit.contains("NoNewPrivileges=yes"))
        fleet.notify = NotifySettings(recipients: ["a@b"])
        #expect(TechhostService(fleet: fleet, place: place).text(program: "g").contains("NoNewPrivileges=no"))
    }

    @Test func `a log of another place is one that the unit may write`() throws {
        let cluster = ClusterSpecification(
            name: try #require(ClusterName(rawValue: "orders")), version: KafkaVersion(major: 4, minor: 3, patch: 1),
            image: "i", controllers: 1)
        var fleet = FleetSpecification(cluster: cluster, hosts: [])
        let place = FleetPlace(directory: "/etc/gantry", state: "/var/lib/gantry")
        func unit(_ log: String) -> String {
            fleet.monitor.log = log
            return TechhostService(fleet: fleet, place: place).text(program: "/usr/bin/gantry", hasBootID: false)
        }
        let moved = unit("/srv/logs/dockmon.log")
        #expect(moved.contains("ReadWritePaths=-/etc/gantry -/srv/logs -/var/lib/gantry\n"))
        #expect(moved.contains("PrivateTmp=yes\n"))
        let temporary = unit("/var/tmp/gantry/dockmon.log")
        #expect(temporary.contains(" -/var/tmp/gantry\n") && temporary.contains("PrivateTmp=no\n"))
    }

    @Test func `a techhost without systemd is said`() async throws {
        try await TemporaryDirectory.with { directory in
            let cluster = ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")),
                version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "i", controllers: 1)
            let service = TechhostService(
                fleet: FleetSpecification(cluster: cluster, hosts: []),
                place: FleetPlace(directory: directory, state: directory), root: directory)
            #expect(await service.install() == .noManager)
            #expect(await service.uninstall() == .noManager)
        }
    }
}
