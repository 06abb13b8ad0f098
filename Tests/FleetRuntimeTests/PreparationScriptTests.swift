import FleetModel
import Observation
import Operations
import Processes
import SecureShell
import Testing

@testable import FleetRuntime

/// The scripts that hosts are asked by, run on this machine.
struct PreparationScriptTests {
    private static let here = LocalShell(name: "here")

    @Test func `the inspection tells what this machine is`() async throws {
        let question = HostQuestion(
            cluster: try #require(ClusterName(rawValue: "orders")), data: ["/var/lib/none-such/data"],
            devices: ["/dev/null"])
        let result = try await Self.here.run(.script(HostReport.script, HostReport.arguments(question)))
        #expect(result.isSuccess && result.stderr.trimmed == "")
        let report = HostReport(parsing: result.stdout.text)
        #expect(report.isComplete && report.now != nil)
        let machine = try #require(report.machine)
        #expect(machine.kernel != nil && machine.bootID != nil && machine.memory != nil && machine.zone != nil)
        #expect(machine.kernelValues["vm.max_map_count"] != nil && machine.kernelValues["fs.file-max"] != nil)
        #expect((machine.cores ?? 0) > 0)
        #expect(machine.disks.map(\.path) == ["/var/lib/none-such/data"])
        #expect(machine.disks.first?.kind.isEmpty == false)
        #expect(machine.devices["/dev/null"] == "it is no block device")
    }

    @Test func `a host that listens is found, one that does not is refused, and a name that is none has no address`()
        async throws
    {
        // Below the ports that Linux gives to whoever wants any (ip(7): from 32768): other tests may get those meanwhile.
        let port = UInt16.random(in: 20_000...31_000)
        let local = try #require(HostName(rawValue: "127.0.0.1"))
        let none = try #require(HostName(rawValue: "none-such.invalid"))
        let question = PeerQuestion(
            peers: [
                .init(host: local, ports: [port, port + 1, port + 2], opens: [port, port + 2]),
                .init(host: none, ports: [9092]),
            ], listens: [port], callers: 1, patience: .seconds(5))
        let result = try await Self.here.run(
            RemoteCommand(
                ["perl", "-e", PeerScript.text] + PeerScript.arguments(question),
                input: .bytes(Array(PeerScript.input(question).utf8))))
        #expect(result.stderr.trimmed == "")
        #expect(result.stdout.text.hasSuffix(PeerScript.end))
        let answers = PeerAnswers(parsing: result.stdout.text)
        #expect(answers.names[local] == ["127.0.0.1"] && answers.names[none] == [])
        #expect(answers.ports[local] == [port: .open, port + 1: .refused, port + 2: .refused])
        #expect(answers.ports[none]?[9092] == .failed("failed: no address"))
    }

    @Test(arguments: [
        HostChange.kernelValue(name: "vm.max_map_count", value: 262_144, isLeast: true),
        .kernelValue(name: "vm.swappiness", value: 10, isLeast: false), .dockerSettings(#"{"a": "it's"}"#),
        .packages(["docker.io", "docker-compose"]), .timeSynchronisation, .dockerRuns, .dockerGroup(user: "ops"),
        .openPorts([9092, 9093], firewall: "ufw"), .openPorts([9092], firewall: "firewalld"),
        .dataDisk(device: "/dev/vdb", path: "/data/one"), .bootArgument("cgroup_enable=memory"),
        .script("echo 'a b'\nexit 0\n", environment: ["GANTRY_RACK": "it's; rm -rf /"]),
    ])
    func `what a change runs is shell that a shell takes, forwards, backwards and as a question`(
        _ change: HostChange
    ) async throws {
        for lines in [change.commands, change.undo, [change.probe]] where !lines.isEmpty {
            let result = try await Process.run("sh", ["-n", "-c", "set -e\n" + lines.joined(separator: "\n")])
            #expect(result.exit.isSuccess && result.stderr.trimmed == "", "\(result.stderr.trimmed)")
        }
    }

    @Test func `an operator's script runs with the host's settings, once a text and environment`() async throws {
        let directory = "/tmp/gantry-script-\(UInt32.random(in: 0 ... .max))"
        let change = HostChange.script(
            "mkdir -p \(directory); echo \"$GANTRY_RACK\" >> \(directory)/log", environment: ["GANTRY_RACK": "it's b"])
        // The mark that hosts keep is root's: only the shell's part is tried here.
        let lines = change.commands.prefix { !$0.hasPrefix("mkdir") }
        _ = try await Self.here.run(.script("set -e\n" + lines.joined(separator: "\n")))
        let log = try await Self.here.run(.script("cat \(directory)/log; rm -rf \(directory)"))
        #expect(log.stdout.text == "it's b\n")
    }
}
