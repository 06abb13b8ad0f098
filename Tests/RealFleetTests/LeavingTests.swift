import Foundation
import Processes
import RealHosts
import Testing

extension `Real hosts` {
    /// Brokers and a host leave a cluster of 3 × 2 while producers write: nothing acknowledged is lost, nothing is left.
    @Suite(.clearedFleet, .serialized)
    struct `Leaving a cluster` {
        @Test func `a dead broker, a live one and the only controller's host leave under a writing producer`()
            async throws
        {
            let fleet = try RealFleet()
            try await Mailbox.with(fleet) { mailbox in
                let settings = Gantry.Settings(controllers: 1, mailPort: mailbox.port)
                try await Gantry.with(settings, on: fleet) { gantry in
                    try await fleet.with(
                        {},
                        mendedBy: { _ = try await fleet.output(3, "docker rm -f \(Writer.name) 2>/dev/null || true") }
                    ) {
                        try await leave(gantry, fleet, mailbox)
                    }
                }
            }
        }

        private func leave(_ gantry: Gantry, _ fleet: RealFleet, _ mailbox: Mailbox) async throws {
            for name in ["before-removehost", "after-stage", "after-removehost"] {
                try gantry.write("hooks.d/\(name)", "#!/bin/sh\n{ cat; echo; } >>hooks.log\n", mode: 0o755)
            }
            try await gantry.working()
            let writer = try await Writer.begin(
                on: gantry, servers: gantry.servers, topic: "--partitions 6 --replication-factor 3")
            _ = try await gantry.tool(
                "kafka-topics", "--create --topic sole --replica-assignment 2 --config min.insync.replicas=1")

            // Dead, with records that nobody else has.
            _ = try await fleet.output(1, "docker kill orders-broker-2")
            try await gantry.becomesFenced(2)
            let refused = try await gantry.run("removebroker", "2", "--yes", "--format", "json")
            #expect(refused.status == 4)
            #expect(try refused.document(as: OperationDocument.self).findings.map(\.rule).contains("sole-replica"))
            try await gantry.does("removebroker", "2", "--yes", "--accept", "sole-replica=sole")
            let sole = try await gantry.tool("kafka-topics", "--describe --topic sole")
            #expect(!sole.contains("Leader: none") && !sole.contains("Replicas: 2\t"), "\(sole)")

            // Alive.
            try await gantry.does("removebroker", "4", "--yes", "--delete-data")

            // A host with the only controller, which has to be replaced first. No broker knows another, so each of them is
            // restarted, and what the sole replica's topic waits for meanwhile is asked about.
            let host = fleet.addresses[0]
            let fewer = ["removehost", host, "--yes", "--accept", "hosts", "--accept", "racks"]
            let asked = try await gantry.run(fewer + ["--format", "json"], deadline: .seconds(60))
            #expect(asked.status == 4)
            #expect(try asked.document(as: OperationDocument.self).findings.map(\.rule) == ["no-spare-replica"])
            try await gantry.does(fewer + ["--accept", "no-spare-replica", "-m", "it is old"])

            try await writer.end()
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 0, "\(document.findings)")
            #expect(document.brokers.map(\.id) == [3, 5, 6])
            #expect(document.quorum.filter { $0.state == "leader" || $0.state == "follower" }.map(\.id) == [9002])
            let throttles = try await gantry.tool(
                "kafka-configs", "--describe --all --entity-type brokers --entity-name 3")
            #expect(!throttles.contains("throttled.rate=") || !throttles.contains("DYNAMIC_BROKER_CONFIG"))
            #expect(try await fleet.output(1, "ls -d /opt/kafka-docker/orders 2>/dev/null || true").isEmpty)
            #expect(try await gantry.run("rebalance", "--yes", deadline: .seconds(300)).status == 0)
            let again = try await gantry.run("rebalance", "--yes", "--format", "json")
            #expect(try again.document(as: OperationDocument.self).result == "unchanged")
            let bootstrap = try await gantry.run("bootstrap", "--yes", "--format", "json")
            #expect(try bootstrap.document(as: OperationDocument.self).result == "unchanged")

            try await isTold(mailbox, gantry, host)
        }

        /// Each operation that changed something has told of itself: by mail, and the last one to the hooks.
        private func isTold(_ mailbox: Mailbox, _ gantry: Gantry, _ host: String) async throws {
            let commands = ["bootstrap", "removebroker 2", "removebroker 4", "removehost \(host)", "rebalance"]
            try await eventually(within: .seconds(30), "a mail of each operation") { mailbox.count >= commands.count }
            let mails = try mailbox.mails()
            #expect(mails.count == commands.count)
            for (mail, command) in zip(mails, commands) {
                #expect(mail.subject.hasPrefix("[gantry orders] \(command)"), "\(mail.subject)")
                #expect(mail.subject.contains(": done"), "\(mail.subject)")
                #expect(mail.headers["To"] == "ops@example.com")
                #expect(mail.parts.map(\.first) == ["text/plain", "text/html"])
            }
            #expect(mails[3].text.contains("it is old"))
            let calls = try gantry.read("hooks.log").split(separator: "\n").map {
                try JSONDecoder().decode(HookCall.self, from: Data($0.utf8))
            }.filter { $0.command == "removehost" }
            #expect(calls.map(\.hook).first == "before-removehost")
            #expect(calls.filter { $0.hook == "after-stage" }.count > 4, "a stage for each restart and each broker")
            #expect(calls.last?.hook == "after-removehost" && calls.last?.state == "done")
        }
    }
}

/// What a hook reads, as far as tests do.
private struct HookCall: Decodable {
    let hook: String
    let command: String
    let state: String
}

extension Gantry {
    /// Brokers that stay throughout.
    fileprivate var servers: String { "\(fleet.addresses[1]):9092,\(fleet.addresses[2]):9092" }

    /// One of Kafka's own tools, asking the brokers that stay.
    fileprivate func tool(
        _ name: String, _ arguments: String, deadline: Duration = .seconds(90)
    ) async throws -> String {
        try await tool(name, "--bootstrap-server \(servers) \(arguments)", on: 3, deadline: deadline)
    }

    /// Runs a command that must end well.
    fileprivate func does(_ arguments: String..., at location: SourceLocation = #_sourceLocation) async throws {
        try await does(arguments, at: location)
    }

    fileprivate func does(_ arguments: [String], at location: SourceLocation = #_sourceLocation) async throws {
        let result = try await Processes.Process.run(
            fleet.binary, arguments, environment: .inheritedWith(["GANTRY_FLEET": directory]),
            limits: OutputLimits(output: 8 << 20), deadline: .seconds(300), keepingDescendants: true)
        try #require(
            result.exit == .exited(0), "\(result.stdout.text)\n\(result.stderr.text)", sourceLocation: location)
    }

    /// Waits until the controllers have fenced a broker that was killed.
    fileprivate func becomesFenced(_ id: Int) async throws {
        try await eventually(within: .seconds(60), "broker \(id) fenced") {
            let document = try await status().document
            return document.brokers.contains { $0.id == id && $0.state != "running" }
                && document.partitions.offline > 0
        }
    }
}
