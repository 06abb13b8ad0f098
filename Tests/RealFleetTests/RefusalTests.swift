import Foundation
import Processes
import RealHosts
import Testing

extension `Real hosts` {
    /// Each: one clear error with its remedy, exit 4 or 78, and nothing is changed.
    @Suite(.clearedFleet)
    struct `Bootstrap refuses` {
        /// A cluster that never comes to be.
        private static let cluster = "refused"

        /// Tries to bootstrap and expects one blocker.
        private func refusal(
            _ settings: Gantry.Settings, on fleet: RealFleet, _ code: String, of subject: String,
            evidence: String, remedy: String, at location: SourceLocation = #_sourceLocation
        ) async throws {
            var settings = settings
            settings.cluster = Self.cluster
            try await Gantry.with(settings, on: fleet) { gantry in
                let answer = try await gantry.run("bootstrap", "--yes", "--format", "json")
                #expect(answer.status == 4, "\(answer.stderr)", sourceLocation: location)
                let document = try answer.document(as: OperationDocument.self)
                #expect(document.result == "refused", sourceLocation: location)
                #expect(document.operation == nil, sourceLocation: location)
                #expect(document.findings.map(\.rule) == [code], "\(document.findings)", sourceLocation: location)
                let finding = try #require(document.findings.first, sourceLocation: location)
                #expect(finding.subject == subject, sourceLocation: location)
                #expect(finding.evidence.contains(evidence), "\(finding.evidence)", sourceLocation: location)
                #expect(finding.remedy.contains(remedy), "\(finding.remedy)", sourceLocation: location)
                let list = try await gantry.run("operation", "list", "--format", "json")
                #expect(try list.document(as: OperationList.self).operations.isEmpty, sourceLocation: location)
            }
        }

        private func expectUntouched(
            _ fleet: RealFleet, at location: SourceLocation = #_sourceLocation
        ) async throws {
            #expect(try await fleet.traces(of: Self.cluster) == [], sourceLocation: location)
        }

        @Test func `a port that something else listens on`() async throws {
            let fleet = try RealFleet()
            let listen = "systemd-run --quiet --unit=squatter python3 -m http.server 9093 && "
            let wait = "timeout 60 bash -c 'until ss -ltn | grep -q :9093; do sleep 0.2; done'"
            try await fleet.with(
                { _ = try await fleet.output(2, listen + wait) },
                mendedBy: { _ = try await fleet.output(2, "systemctl stop squatter") }
            ) {
                try await refusal(
                    .init(), on: fleet, "port-in-use", of: "host \(fleet.addresses[1])", evidence: "9093 (broker 4)",
                    remedy: "ss -ltnp")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a directory with another cluster's data`() async throws {
            let fleet = try RealFleet()
            let directory = "\(Gantry.data)/\(Self.cluster)/3"
            let meta = "version=1\\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\\nnode.id=3\\n"
            try await fleet.with(
                {
                    _ = try await fleet.output(
                        2, "mkdir -p \(directory) && printf '\(meta)' > \(directory)/meta.properties")
                },
                mendedBy: {
                    _ = try await fleet.output(
                        2, "rm \(directory)/meta.properties && rmdir -p \(directory) 2>/dev/null; true")
                }
            ) {
                try await refusal(
                    .init(), on: fleet, "foreign-data", of: "host \(fleet.addresses[1])",
                    evidence: "\(directory) on \(fleet.addresses[1]) belongs to cluster AAAAAAAAAAAAAAAAAAAAAA",
                    remedy: "move that directory away")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host without Compose`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { try await fleet.control("compose", "2", "none") },
                mendedBy: { try await fleet.control("compose", "2", fleet.compose[1]) }
            ) {
                try await refusal(
                    .init(), on: fleet, "no-compose", of: "host \(fleet.addresses[1])", evidence: "docker-compose",
                    remedy: "apt-get install docker-compose")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host without Docker`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { try await fleet.control("docker", "3", "off") },
                mendedBy: { try await fleet.control("docker", "3", "on") }
            ) {
                try await refusal(
                    .init(), on: fleet, "docker-down", of: "host \(fleet.addresses[2])", evidence: "docker.sock",
                    remedy: "install docker.io where it is missing")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host whose Docker is stopped`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { _ = try await fleet.output(3, "systemctl stop docker.socket docker") },
                mendedBy: { _ = try await fleet.output(3, "systemctl start docker") }
            ) {
                try await refusal(
                    .init(), on: fleet, "docker-down", of: "host \(fleet.addresses[2])", evidence: "Docker",
                    remedy: "systemctl")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a disk without room`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { try await fleet.control("fault", "fill", "1") },
                mendedBy: { try await fleet.control("fault", "heal", "1") }
            ) {
                try await refusal(
                    .init(), on: fleet, "no-room", of: "host \(fleet.addresses[0])", evidence: "\(Gantry.data) has",
                    remedy: "free space")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host that is cut off`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { try await fleet.control("fault", "cut", "2") },
                mendedBy: { try await fleet.control("fault", "heal", "2") }
            ) {
                try await refusal(
                    .init(), on: fleet, "ssh-timed-out", of: "host \(fleet.addresses[1])",
                    evidence: "does not answer", remedy: "check that it is up")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a port that answers and does not speak SSH`() async throws {
            let fleet = try RealFleet()
            // Connections are accepted, and nobody says a word.
            let listen = "import socket, time; s = socket.create_server(('', 2222)); time.sleep(3600)"
            try await fleet.with(
                { _ = try await fleet.output(1, "systemd-run --quiet --unit=mute python3 -c \"\(listen)\"") },
                mendedBy: { _ = try await fleet.output(1, "systemctl stop mute") }
            ) {
                try await eventually(within: .seconds(60), "port 2222 answers") {
                    try await fleet.shell(1, "timeout 1 bash -c 'exec 3<>/dev/tcp/127.0.0.1/2222'").exit.isSuccess
                }
                try await refusal(
                    .init(hosts: [1], brokers: 1, sshPort: 2222, kafka: [:]), on: fleet, "not-ssh",
                    of: "host \(fleet.addresses[0])", evidence: "does not speak SSH", remedy: "check the port")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host key that has changed`() async throws {
            let fleet = try RealFleet()
            let lines = try String(contentsOfFile: fleet.knownHosts, encoding: .utf8).split(separator: "\n")
            let keyOfFirst = try #require(lines.first).split(separator: " ").dropFirst().joined(separator: " ")
            let edited = lines.map { line in
                let name = line.split(separator: " ")[0]
                return name.contains(fleet.addresses[1]) ? "\(name) \(keyOfFirst)" : String(line)
            }
            try await withFile(edited.joined(separator: "\n") + "\n") { file in
                try await refusal(
                    .init(knownHosts: file), on: fleet, "host-key-changed", of: "host \(fleet.addresses[1])",
                    evidence: "key", remedy: file)
            }
            try await expectUntouched(fleet)
        }

        @Test func `a host key that is not known`() async throws {
            let fleet = try RealFleet()
            let lines = try String(contentsOfFile: fleet.knownHosts, encoding: .utf8).split(separator: "\n")
            let edited = lines.filter { !$0.contains(fleet.addresses[1]) }
            try await withFile(edited.joined(separator: "\n") + "\n") { file in
                try await refusal(
                    .init(knownHosts: file), on: fleet, "host-key-unknown", of: "host \(fleet.addresses[1])",
                    evidence: "key", remedy: "ssh-keyscan")
            }
            try await expectUntouched(fleet)
        }

        @Test func `a key that the hosts refuse`() async throws {
            let fleet = try RealFleet()
            let directory = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let made = try await Processes.Process.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(directory)/stranger"], deadline: .seconds(30))
            try #require(made.exit.isSuccess, "\(made.stderr)")
            try await refusal(
                .init(hosts: [1], brokers: 1, identity: "\(directory)/stranger", kafka: [:]), on: fleet,
                "ssh-permission-denied", of: "host \(fleet.addresses[0])", evidence: "refuses user root",
                remedy: "authorized_keys")
            try await expectUntouched(fleet)
        }

        @Test func `a login that may not use Docker's socket`() async throws {
            let fleet = try RealFleet()
            try await refusal(
                .init(hosts: [1], brokers: 1, user: "guest", kafka: [:]), on: fleet, "not-privileged",
                of: "host \(fleet.addresses[0])", evidence: "sudo", remedy: "NOPASSWD")
            try await expectUntouched(fleet)
        }

        @Test func `an image archive that is not there`() async throws {
            let fleet = try RealFleet()
            try await refusal(
                .init(image: "gantry/absent:1", archive: "/nowhere/image.tar.gz"), on: fleet, "image-archive-missing",
                of: "image_archive /nowhere/image.tar.gz", evidence: "No such file", remedy: "docker save")
            try await expectUntouched(fleet)
        }

        @Test func `a data disk that fstab mounts and that is not there`() async throws {
            let fleet = try RealFleet()
            let line = "UUID=00000000-0000-4000-8000-000000000001 \(Gantry.data) ext4 nofail 0 2"
            try await fleet.with(
                { _ = try await fleet.output(1, "echo '\(line)' >> /etc/fstab") },
                mendedBy: { _ = try await fleet.output(1, "sed -i '/4000-8000-000000000001/d' /etc/fstab") }
            ) {
                try await refusal(
                    .init(hosts: [1], brokers: 1, kafka: [:]), on: fleet, "mount-missing",
                    of: "host \(fleet.addresses[0])", evidence: "is not mounted", remedy: "mount \(Gantry.data)")
            }
            try await expectUntouched(fleet)
        }

        @Test func `ports that the techhost reaches and the other hosts do not`() async throws {
            let fleet = try RealFleet()
            try await fleet.with(
                { try await fleet.control("fault", "peers", "2") },
                mendedBy: { try await fleet.control("fault", "heal", "2") }
            ) {
                try await Gantry.with(.init(cluster: Self.cluster), on: fleet) { gantry in
                    let answer = try await gantry.run("bootstrap", "--yes", "--format", "json")
                    #expect(answer.status == 4, "\(answer.stderr)")
                    let document = try answer.document(as: OperationDocument.self)
                    #expect(Set(document.findings.map(\.rule)) == ["port-unreachable"], "\(document.findings)")
                    let own = try #require(document.findings.first { $0.subject == "host \(fleet.addresses[1])" })
                    #expect(own.evidence.contains("gives no answer"), "\(own.evidence)")
                }
            }
            try await expectUntouched(fleet)
        }

        @Test func `more controllers than hosts`() async throws {
            let fleet = try RealFleet()
            try await refusal(
                .init(hosts: [1, 2], controllers: 3, kafka: [:]), on: fleet, "controller-hosts",
                of: "cluster \(Self.cluster)", evidence: "3", remedy: "controllers")
            try await expectUntouched(fleet)
        }

        @Test func `a template without a broker`() async throws {
            let fleet = try RealFleet()
            try await Gantry.with(.init(cluster: Self.cluster), on: fleet) { gantry in
                try gantry.write("k/docker-compose.yml", "services:\n  controller:\n    network_mode: host\n")
                let answer = try await gantry.run("bootstrap", "--yes", "--format", "json")
                #expect(answer.status == 78)
                let error = try answer.document(as: ErrorDocument.self).error
                let mistakes = [error] + (error.details ?? [])
                #expect(mistakes.contains { $0.message.contains("broker") }, "\(error)")
                #expect(mistakes.contains { $0.object?.contains("k/docker-compose.yml") == true }, "\(error)")
                #expect(error.next != nil)
            }
            try await expectUntouched(fleet)
        }

        @Test func `every mistake in defaults.cfg at once, each with its place`() async throws {
            let fleet = try RealFleet()
            try await Gantry.with(.init(cluster: Self.cluster), on: fleet) { gantry in
                try gantry.write(
                    "defaults.cfg",
                    """
                    cluster:
                      name: refused
                      version: 4.3.1
                      imaeg: gantry/kafka:4.3.1
                    virthosts: [10.0.0.1, 10.0.0.1]
                    defaults:
                      heap: 1x
                    """)
                let answer = try await gantry.run("bootstrap", "--yes", "--format", "json")
                #expect(answer.status == 78)
                let error = try answer.document(as: ErrorDocument.self).error
                let places = Set((error.details ?? []).compactMap(\.object))
                for place in ["line 4, column 3", "line 5, column 23", "line 7, column 9"] {
                    #expect(places.contains { $0.hasSuffix(place) }, "\(place): \(places)")
                }
                #expect(error.details?.contains { $0.cause == "did you mean 'image'?" } == true, "\(error)")
            }
            try await expectUntouched(fleet)
        }

        /// Calls `body` with the path of a file that holds `text`, and removes it.
        private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
            let path = FileManager.default.temporaryDirectory.appending(path: "known-\(UUID().uuidString)").path
            try Data(text.utf8).write(to: URL(filePath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            try await body(path)
        }
    }
}
