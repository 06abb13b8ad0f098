import Foundation
import Processes
import RealHosts
import Testing
import Threads

extension `Real hosts` {
    /// One bootstrap, interrupted in every way there is, and finished all the same; then what it made.
    @Suite(.oneCluster, .serialized)
    struct `Life of a cluster` {
        // MARK: Becoming

        @Test func `Ctrl-C ends a bootstrap after the steps under way`() async throws {
            let gantry = try Gantry.ofSuite()
            let asked = Once()
            let answer = try await gantry.runShowingPID("bootstrap", "--yes", "--format", "json") { pid, line in
                if line.contains("place"), line.contains(": done"), await asked.isFirst() { kill(pid, SIGINT) }
            }
            #expect(answer.status == 5, "\(answer.stderr)")
            let document = try answer.document(as: OperationDocument.self)
            #expect(document.result == "stopped")
            #expect(document.steps.contains { $0.state == "done" })
            #expect(document.steps.contains { $0.state == "not_attempted" })
            #expect(!document.steps.contains { $0.state == "interrupted" }, "a step was cut off")
            #expect(document.hosts.count == gantry.fleet.addresses.count)
            #expect(answer.stdout.contains("operation resume") || answer.stderr.contains("resume"))
            #expect(try await gantry.operations().map(\.state) == ["stopped"])
            #expect(gantry.workers == [])
        }

        @Test func `a second bootstrap is told who is at work, and kill -9 leaves an interrupted operation`()
            async throws
        {
            let gantry = try Gantry.ofSuite()
            let first = Once()
            let worker = Locked<pid_t?>(nil)
            let second = Locked<Answer?>(nil)
            let answer = try await gantry.run("bootstrap", "--yes", "--format", "json") { line in
                if let pid = startedWorker(line) { worker.withLock { $0 = pid } }
                guard line.hasSuffix(" ..."), await first.isFirst() else { return }
                let answer = try? await gantry.run("bootstrap", "--yes", "--format", "json")
                second.withLock { $0 = answer }
                if let pid = worker.withLock({ $0 }) { kill(pid, SIGKILL) }
            }
            #expect(answer.status == 5, "\(answer.stderr)")
            let operation = try #require(try answer.document(as: OperationDocument.self).operation)
            let refused = try #require(second.withLock { $0 })
            #expect(refused.status == 4)
            let error = try refused.document(as: ErrorDocument.self).error
            #expect(error.code == "leased")
            #expect(error.cause?.contains(operation) == true, "\(error)")
            #expect(error.cause?.contains("process \(worker.withLock { $0 } ?? 0)") == true, "\(error)")
            #expect(error.next == "gantry operation attach \(operation)")
            let newest = try #require(try await gantry.operations().first)
            #expect(newest.id == operation)
            #expect(newest.state == "interrupted")
        }

        @Test func `an operation outlives the terminal that resumed it`() async throws {
            let gantry = try Gantry.ofSuite()
            let terminal = Locked<pid_t?>(nil)
            // script is the terminal: killed, it hangs up on what runs on it.
            _ = try await Processes.Process.run(
                "sh",
                [
                    "-c", "echo terminal $$; exec script -qfec \"$0 operation resume --yes\" /dev/null",
                    gantry.fleet.binary,
                ], environment: .inheritedWith(["GANTRY_FLEET": gantry.directory]), deadline: .seconds(120),
                keepingDescendants: true,
                outputLines: { line in
                    if line.hasPrefix("terminal ") { terminal.withLock { $0 = pid_t(line.dropFirst(9)) } }
                    // the old worker's line comes again, before that of the new one
                    guard let worker = startedWorker(line), gantry.workers.contains(worker) else { return }
                    if let pid = terminal.withLock({ $0 }) { kill(pid, SIGKILL) }
                })
            try #require(gantry.workers.count == 1, "the worker went with the terminal")
            let attached = try await gantry.run("operation", "attach", "--format", "json", deadline: .seconds(600))
            #expect(attached.status == 0, "\(attached.stdout)")
            #expect(try attached.document(as: OperationDocument.self).result == "done")
            #expect(try await gantry.operations().first?.state == "done")
        }

        // MARK: Being

        @Test func `every part of a new cluster works, and the status says so in the contract's words`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 0)
            #expect(document.severity == "ok")
            #expect(document.findings.isEmpty)
            #expect(document.hosts.map(\.state) == ["ok", "ok", "ok"])
            #expect(document.brokers.map(\.id) == [1, 2, 3, 4, 5, 6])
            #expect(document.brokers.map(\.state) == Array(repeating: "running", count: 6))
            #expect(document.brokers.map(\.port) == [9092, 9093, 9092, 9093, 9092, 9093])
            #expect(document.brokers.map(\.canary?.ok) == Array(repeating: true, count: 6))
            #expect(document.quorum.map(\.id) == [9001, 9002, 9003])
            #expect(document.quorum.map(\.state).sorted() == ["follower", "follower", "leader"])
            #expect(document.quorum.first { $0.state == "leader" }?.id == document.cluster.controller)

            let top = try #require(try JSONSerialization.jsonObject(with: Data(answer.stdout.utf8)) as? [String: Any])
            func keys(_ value: Any?) -> Set<String> {
                let object = value as? [String: Any] ?? (value as? [[String: Any]])?.first ?? [:]
                return Set(object.keys)
            }
            let contract: [String: Set<String>] = [
                "cluster": ["name", "id", "mode", "version", "controller"],
                "hosts": ["host", "state", "containers", "disk_free_bytes"],
                "brokers": [
                    "id", "host", "port", "state", "container", "restarts", "partitions", "leaders", "log_bytes",
                    "canary",
                ],
                "quorum": ["id", "host", "port", "state", "lag"],
                "partitions": ["total", "under_replicated", "under_min_isr", "offline", "reassigning"],
            ]
            #expect(keys(top).isSuperset(of: Set(contract.keys).union(["severity", "took_ms", "findings"])))
            for (part, wanted) in contract {
                #expect(keys(top[part]).isSuperset(of: wanted), "\(part): \(keys(top[part]))")
            }
            let broker = try #require((top["brokers"] as? [[String: Any]])?.first)
            #expect(keys(broker["canary"]).isSuperset(of: ["ok", "produce_ms", "fetch_ms"]))
        }

        @Test func `Kafka's own tools make a topic, write to it and read from it`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let fleet = gantry.fleet
            func tool(_ name: String, _ arguments: String, on host: Int = 1) async throws -> String {
                try await fleet.output(
                    host,
                    "docker run --rm -i --network host --entrypoint /opt/kafka/bin/\(name).sh \(Gantry.image)"
                        + " --bootstrap-server \(fleet.addresses[host - 1]):9092 \(arguments)", deadline: .seconds(180))
            }
            _ = try await tool("kafka-topics", "--create --if-not-exists --topic orders --partitions 6")
            let description = try await tool("kafka-topics", "--describe --topic orders")
            #expect(description.contains("ReplicationFactor: 3"))
            #expect(description.contains("min.insync.replicas=2"))
            _ = try await tool("kafka-console-producer", "--topic orders <<'END'\none\ntwo\nthree\nEND", on: 1)
            let read = try await tool(
                "kafka-console-consumer", "--topic orders --from-beginning --max-messages 3 --timeout-ms 120000", on: 2)
            #expect(Set(read.split(separator: "\n").map(String.init)).isSuperset(of: ["one", "two", "three"]))
            #expect(try await gantry.status().answer.status == 0)
        }

        @Test func `a second bootstrap has nothing to do and touches no container`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let before = try await gantry.fleet.containers(of: "orders")
            let operations = try await gantry.operations().map(\.id)
            let answer = try await gantry.run("bootstrap", "--yes", "--format", "json")
            #expect(answer.status == 0, "\(answer.stderr)")
            let document = try answer.document(as: OperationDocument.self)
            #expect(document.result == "unchanged")
            #expect(document.hosts.map(\.result) == ["unchanged", "unchanged", "unchanged"])
            #expect(before.count == 9)
            #expect(try await gantry.fleet.containers(of: "orders") == before)
            #expect(try await gantry.operations().map(\.id) == operations)
        }

        @Test func `a lost journal is made up for by what the hosts remember`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let before = try await gantry.fleet.containers(of: "orders")
            let id = try await gantry.status().document.cluster.id
            try FileManager.default.removeItem(atPath: gantry.directory + "/.gantry")
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 0, "\(document.findings)")
            #expect(document.cluster.id == id)
            let bootstrap = try await gantry.run("bootstrap", "--yes", "--format", "json")
            #expect(bootstrap.status == 0, "\(bootstrap.stdout)")
            #expect(try await gantry.fleet.containers(of: "orders") == before)
            let again = try await gantry.run("bootstrap", "--yes", "--format", "json")
            #expect(try again.document(as: OperationDocument.self).result == "unchanged")
            #expect(try await gantry.status().answer.status == 0)
        }

        // MARK: Suffering

        @Test func `a killed broker is named, and bootstrap brings it back`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            _ = try await gantry.fleet.output(2, "docker kill orders-broker-3")
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 2)
            #expect(document.severity == "critical")
            let finding = try #require(document.findings.first { $0.rule == "broker-container-dead" })
            #expect(finding.subject == "broker 3")
            #expect(finding.evidence.contains("137"))
            #expect(finding.remedy.contains("gantry bootstrap"))
            #expect(document.brokers.filter { $0.state != "running" }.map(\.id) == [3])
            let plain = try await gantry.run("clusterstatus", "--format", "plain")
            #expect(plain.status == 2)
            let line = try #require(plain.stdout.split(separator: "\n").first)
            #expect(line.hasPrefix("GANTRY CRITICAL - "))
            #expect(line.contains("broker 3"))
            #expect(line.contains(" | took="))
            let others = try await gantry.fleet.containers(of: "orders").filter { $0.node != "3" }
            let bootstrap = try await gantry.run("bootstrap", "--yes", deadline: .seconds(300))
            #expect(bootstrap.status == 0, "\(bootstrap.stdout)")
            #expect(try await gantry.fleet.containers(of: "orders").filter { $0.node != "3" } == others)
            try await gantry.isWhole()
        }

        @Test func `a host that is cut off is shown as such, and the rest as it is`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let fleet = gantry.fleet
            try await fleet.with(
                { try await fleet.control("fault", "cut", "2") },
                mendedBy: { try await fleet.control("fault", "heal", "2") }
            ) {
                let (answer, document) = try await gantry.status()
                #expect(answer.status == 2)
                #expect(document.hosts.map(\.state) == ["ok", "unreachable", "ok"])
                let finding = document.findings.first { $0.rule == "host-unreachable" }
                #expect(finding?.subject == "host \(fleet.addresses[1])")
                let states = Dictionary(uniqueKeysWithValues: document.brokers.map { ($0.id, $0.container) })
                #expect(states[1] == "running" && states[6] == "running")
                #expect(states[3] == "unknown" && states[4] == "unknown")
                #expect(document.brokers.filter { $0.host == fleet.addresses[0] }.allSatisfy { $0.canary?.ok == true })
                #expect(document.brokers.filter { $0.host == fleet.addresses[1] }.allSatisfy { $0.canary?.ok != true })
            }
            try await gantry.isWhole()
        }

        @Test func `a host whose Docker is stopped is told from one that is gone`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let fleet = gantry.fleet
            try await fleet.with(
                { _ = try await fleet.output(3, "systemctl stop docker.socket docker", deadline: .seconds(180)) },
                mendedBy: { _ = try await fleet.output(3, "systemctl start docker.socket docker") }
            ) {
                let (answer, document) = try await gantry.status()
                #expect(answer.status == 2)
                #expect(document.hosts.map(\.state) == ["ok", "ok", "docker_down"])
                let finding = document.findings.first { $0.rule == "docker-down" }
                #expect(finding?.subject == "host \(fleet.addresses[2])")
                #expect(finding?.remedy.contains("systemctl") == true)
                #expect(
                    document.brokers.filter { $0.host == fleet.addresses[2] }.allSatisfy { $0.container == "unknown" })
            }
            try await gantry.working()
        }

        @Test func `a quorum without a majority is unknown until bootstrap brings its controllers back`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            for host in [1, 2] {
                _ = try await gantry.fleet.output(host, "docker stop -t 0 orders-controller-900\(host)")
            }
            // A leader that has lost its followers resigns after some seconds, and says all is well until then.
            try await eventually(within: .seconds(60), "a finding of the quorum") {
                let rules = try await gantry.status().document.findings.map(\.rule)
                return rules.contains("quorum-unknown") || rules.contains("no-controller")
            }
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 2)
            let dead = document.findings.filter { $0.rule == "controller-container-dead" }.map(\.subject)
            #expect(Set(dead) == ["controller 9001", "controller 9002"])
            #expect(document.quorum.filter { $0.id != 9003 }.map(\.state) == ["unknown", "unknown"])
            #expect(document.brokers.allSatisfy { $0.container == "running" })
            let bootstrap = try await gantry.run("bootstrap", "--yes", deadline: .seconds(300))
            #expect(bootstrap.status == 0, "\(bootstrap.stdout)")
            try await gantry.isWhole()
        }

        @Test func `a broker that dies at its start says its last words, and its neighbours go on`() async throws {
            let gantry = try Gantry.ofSuite()
            try await gantry.working()
            let before = try await gantry.fleet.containers(of: "orders")
            let dying = Gantry.Settings(
                cluster: "dying", hosts: [1], brokers: 1, brokerPort: 9192, controllerPort: 19192,
                kafka: ["remote.log.storage.system.enable": "true"])
            try await Gantry.with(dying, on: gantry.fleet) { other in
                let answer = try await other.run("bootstrap", "--yes", "--format", "json", deadline: .seconds(300))
                #expect(answer.status == 2, "\(answer.stderr)")
                let document = try answer.document(as: OperationDocument.self)
                #expect(document.result == "failed")
                #expect(document.failures.map(\.code) == ["node-died"], "\(document.failures)")
                let failure = try #require(document.failures.first)
                #expect(failure.object == "broker 1 on \(gantry.fleet.addresses[0])")
                #expect(failure.reason.contains("exit code 1"), "\(failure.reason)")
                #expect(failure.evidence.count > 1 && failure.evidence.count <= 30)
                #expect(failure.evidence.contains { $0.contains("RemoteLogManager") }, "\(failure.evidence)")
                #expect(!failure.remedy.isEmpty)
            }
            _ = try await gantry.fleet.output(
                1, "docker ps -aq --filter label=gantry.cluster=dying | xargs -r docker rm -f")
            #expect(try await gantry.fleet.containers(of: "orders") == before)
            #expect(try await gantry.status().answer.status == 0)
        }
    }
}
