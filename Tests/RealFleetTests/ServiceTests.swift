import Foundation
import Processes
import RealHosts
import Testing

extension `Real hosts` {
    /// One cluster's life with its machines: they stop, start and lose power, the techhost too, and somebody watches.
    @Suite(.oneTechhost, .serialized)
    struct `Services and monitoring` {
        private static let unit = "kafka-docker.service"

        private func service(_ host: Int, _ fleet: RealFleet) async throws -> String {
            try await fleet.shell(
                host, "systemctl is-enabled \(Self.unit) 2>/dev/null; systemctl is-active \(Self.unit); true"
            ).stdout.trimmed
        }

        /// `NAME STATE EXIT-CODE FINISHED-AT` of each container, in milliseconds since the epoch.
        private func ends(_ host: Int, _ fleet: RealFleet) async throws -> [(
            name: String, state: String, exit: Int, at: Int
        )] {
            let format = "{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.FinishedAt}}"
            return try await fleet.output(
                host,
                """
                docker ps -aq --filter label=gantry.cluster | xargs -r docker inspect --format '\(format)' |
                while read -r name state exit at; do echo "${name#/} $state $exit $(date -d "$at" +%s%3N)"; done
                """
            ).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0.count == 4 }
                .map { ($0[0], $0[1], Int($0[2]) ?? -1, Int($0[3]) ?? 0) }
        }

        @Test func `bootstrap installs the services on all machines, and installing them again finds nothing to do`()
            async throws
        {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            let bootstrap = try await techhost.gantry("bootstrap --yes", deadline: .seconds(300))
            try #require(bootstrap.status == 0, "\(bootstrap.stdout)\n\(bootstrap.stderr)")
            for host in fleet.hosts { #expect(try await service(host, fleet) == "enabled\nactive") }
            #expect(try await techhost.run("systemctl is-enabled \(Techhost.unit)").stdout == "enabled")
            #expect(try await techhost.run("systemctl is-active \(Techhost.unit)").stdout == "active")
            #expect(bootstrap.stderr.contains("\(Techhost.unit) watches the cluster from now on"))
            try await techhost.isWhole()
            let before = try await fleet.containers(of: "orders")
            let daemon = try await techhost.output("systemctl show -p MainPID \(Techhost.unit)")
            let again = try await techhost.gantry("install-service --format json")
            #expect(again.status == 0, "\(again.stderr)")
            let rows: InstallDocument = try again.document()
            #expect(rows.hosts.map(\.subject) == fleet.addresses + ["techhost"])
            #expect(rows.hosts.allSatisfy { $0.result == "unchanged" }, "\(again.stdout)")
            #expect(try await fleet.containers(of: "orders") == before, "nothing that runs was touched")
            #expect(try await techhost.output("systemctl show -p MainPID \(Techhost.unit)") == daemon)
            let status = try await techhost.gantry("dockmon status --format json")
            #expect(status.status == 0, "\(status.stdout)")
            let second = try await techhost.gantry("dockmon start")
            #expect(second.status == 0)
            #expect(second.stderr.contains("dockmon already runs"))
        }

        @Test func `the monitoring service is hardened, and started anew when it hangs`() async throws {
            let techhost = try Techhost.ofSuite()
            let exposure = try await techhost.output(
                "systemd-analyze security --no-pager \(Techhost.unit) 2>/dev/null | tail -n 1")
            let level = try #require(exposure.firstMatch(of: #/: ([0-9.]+) /#).flatMap { Double($0.1) }, "\(exposure)")
            #expect(level <= 3.0, "\(exposure)")
            _ = try await techhost.output(
                """
                mkdir -p /etc/systemd/system/\(Techhost.unit).d
                printf '[Service]\\nWatchdogSec=3s\\n' > /etc/systemd/system/\(Techhost.unit).d/short.conf
                systemctl daemon-reload && systemctl restart \(Techhost.unit)
                """)
            let first = try await techhost.output("systemctl show -P MainPID \(Techhost.unit)")
            try await eventually(within: .seconds(30), "it lives longer than the watchdog waits") {
                try await Int(techhost.run("ps -o etimes= -p \(first)").stdout) ?? 0 > 5
            }
            #expect(try await techhost.output("systemctl show -P MainPID \(Techhost.unit)") == first)
            _ = try await techhost.output("kill -STOP \(first)")
            try await eventually(within: .seconds(40), "the daemon is started anew") {
                let now = try await techhost.run(
                    "systemctl is-active -q \(Techhost.unit) && systemctl show -P MainPID \(Techhost.unit)")
                return now.status == 0 && now.stdout != first
            }
            _ = try await techhost.output(
                """
                rm -r /etc/systemd/system/\(Techhost.unit).d
                systemctl daemon-reload && systemctl restart \(Techhost.unit)
                """)
            let start = ContinuousClock.now
            _ = try await techhost.output("systemctl stop \(Techhost.unit)")
            #expect(ContinuousClock.now - start < .seconds(3), "SIGTERM is over within two seconds")
            #expect(try await techhost.gantry("dockmon status").status == 2)
            _ = try await techhost.output("systemctl start \(Techhost.unit)")
            #expect(try await techhost.gantry("dockmon status").status == 0)
        }

        @Test func `a broker that is killed is told of within a second, and mailed within two`() async throws {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            let times = try await techhost.times(of: "broker 3") {
                _ = try await fleet.output(3, "docker kill orders-broker-3")
            }
            let end = try #require(try await ends(3, fleet).first { $0.name == "orders-broker-3" })
            #expect(end.exit == 137)
            #expect(try #require(times.log) - end.at <= 1000)
            #expect(try #require(times.metric) - end.at <= 1000)
            #expect(try #require(times.plugin) - end.at <= 2000)
            #expect(try #require(times.mail) - end.at <= 2000)
            // Quoted-printable breaks long lines.
            let letter = try await techhost.output("cat $(ls -v \(Techhost.mail)/*.eml | tail -n 1)")
                .replacing("\r\n", with: "\n").replacing("=\n", with: "")
            #expect(letter.contains("CRITICAL broker 3: broker-container-dead"))
            #expect(letter.contains("an unclean stop: SIGKILL"))
            #expect(letter.contains("its last lines:"))

            _ = try await fleet.output(3, "docker start orders-broker-3")
            try await techhost.isWhole()
        }

        @Test func `one service stops and starts all clusters of a host, and clusterstatus tells what is down`()
            async throws
        {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            _ = try await techhost.output("mkdir -p /srv/other")
            try await techhost.write(
                "/srv/other/defaults.cfg",
                techhost.settings(cluster: "other", hosts: [1], controllers: 1, firstPort: 9192))
            let other = try await techhost.run(
                "cd /srv/other && gantry init . && gantry bootstrap --yes", deadline: .seconds(200))
            try #require(other.status == 0, "\(other.stdout)\n\(other.stderr)")

            _ = try await fleet.output(1, "systemctl stop \(Self.unit)", deadline: .seconds(120))
            let stopped = try await ends(1, fleet)
            #expect(
                stopped.map(\.name).sorted() == [
                    "orders-broker-1", "orders-controller-9001", "other-broker-1", "other-controller-9001",
                ])
            #expect(
                stopped.allSatisfy { $0.state == "exited" && $0.exit == 143 }, "each had its full grace: \(stopped)")
            let brokers = stopped.filter { $0.name.contains("broker") }.map(\.at)
            let controllers = stopped.filter { $0.name.contains("controller") }.map(\.at)
            #expect(try #require(brokers.max()) <= #require(controllers.min()), "brokers first: \(stopped)")
            #expect(try await fleet.shell(1, "systemctl status \(Self.unit)").exit == .exited(3))
            let (answer, document) = try await techhost.status()
            #expect(answer.status == 2)
            #expect(document.brokers.first { $0.id == 1 }?.state == "stopped")
            #expect(document.brokers.filter { $0.id != 1 }.allSatisfy { $0.state == "running" })
            for (rule, subject) in [
                ("broker-container-dead", "broker 1"), ("controller-container-dead", "controller 9001"),
            ] {
                let finding = document.findings.first { $0.rule == rule && $0.subject == subject }
                #expect(finding?.evidence.contains("exit code 143") == true, "\(document.findings)")
            }

            _ = try await fleet.output(1, "systemctl start \(Self.unit)", deadline: .seconds(300))
            // It has waited: both clusters' brokers answer.
            let told = try await fleet.output(
                1, "journalctl -u \(Self.unit) -o cat --no-pager | tail -n 20; systemctl status \(Self.unit) >/dev/null"
            )
            #expect(told.contains("4 containers run, and each answers"), "\(told)")
            for port in [9092, 9192] {
                _ = try await fleet.output(1, "exec 3<>/dev/tcp/\(fleet.addresses[0])/\(port)")
            }
            try await techhost.isWhole()
            let both = try await techhost.gantry("--fleet /srv/other clusterstatus --format plain")
            #expect(both.status == 0, "\(both.stdout)")
        }

        @Test func `a host that loses its power is one incident, and its brokers come back by themselves`() async throws
        {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            let first = try await techhost.lineCount()
            let mine = { (line: String) in line.contains("host-unreachable") && line.contains(fleet.addresses[1]) }
            try await fleet.control("kill", "2")
            try await eventually(within: .seconds(90), "the host is missed") {
                try await techhost.incidents(from: first).contains(where: mine)
            }
            try await fleet.control("start", "2")
            try await techhost.isWhole(within: .seconds(150))
            try await eventually(within: .seconds(60), "the service is up") {
                try await service(2, fleet) == "enabled\nactive"
            }
            var last = ""
            try await eventually(within: .seconds(120), "all incidents are over") {
                let status = try await techhost.gantry("dockmon status --format json")
                last = status.stdout
                return try status.status == 0 && status.document(as: DockmonDocument.self).incidents.isEmpty
            } orSay: {
                last
            }
            #expect(
                try await techhost.incidents(from: first).filter(mine) == [
                    "opened host-unreachable host \(fleet.addresses[1])",
                    "closed host-unreachable host \(fleet.addresses[1])",
                ])
            // Of those that come behind each other one mail a minute goes.
            try await eventually(within: .seconds(90), "a mail says that it is over") {
                try await techhost.mails().contains { $0.contains(" over: ") || $0.contains(" closed") }
            }
        }

        @Test func `a drain goes on by itself when the techhost lost its power, and is no incident`() async throws {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            for words in [
                "kafka-topics.sh --create --topic drained --partitions 12 --replication-factor 2 --bootstrap-server",
                "kafka-producer-perf-test.sh --topic drained --num-records 60000 --record-size 1000 --throughput -1"
                    + " --producer-props acks=1 linger.ms=20 batch.size=131072 bootstrap.servers=",
            ] {
                _ = try await fleet.output(
                    1,
                    "docker run --rm --network host --entrypoint /opt/kafka/bin/\(words.split(separator: " ")[0]) "
                        + "\(Gantry.image) \(words.split(separator: " ").dropFirst().joined(separator: " "))"
                        + "\(words.hasSuffix("=") ? "" : " ")\(fleet.addresses[0]):9092", deadline: .seconds(120))
            }
            let first = try await techhost.lineCount()
            let begun = try await techhost.gantry("removebroker 3 --yes --detach -m test")
            try #require(begun.status == 0, "\(begun.stdout)\n\(begun.stderr)")
            try await eventually(within: .seconds(60), "data moves") {
                (try await techhost.status().document.partitions.reassigning ?? 0) > 0
            }
            try await techhost.losesPower()
            try await eventually(within: .seconds(60), "the operation goes on") {
                try await techhost.lines(from: first).contains { $0.contains("event=operation-resumed") }
            }
            // The daemon may be started anew meanwhile: the worker goes on.
            _ = try await techhost.output("systemctl restart \(Techhost.unit)")
            var last = ""
            try await eventually(within: .seconds(150), "the operation is done") {
                last = try await techhost.gantry("operation list --format json").stdout
                return try await techhost.gantry("operation list --format json").document(as: OperationList.self)
                    .operations.first?.state == "done"
            } orSay: {
                last
            }
            try await techhost.isWhole()
            let (_, document) = try await techhost.status()
            #expect(document.brokers.map(\.id) == [1, 2])
            let settled = Date.now.addingTimeInterval(25)
            try await eventually(within: .seconds(90), "what passes by itself would be told by now") {
                let status: DockmonDocument = try await techhost.gantry("dockmon status --format json").document()
                return try Date(
                    #require(status.lookedAt),
                    strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)) > settled
            }
            let incidents = try await techhost.incidents(from: first)
            #expect(incidents == [])
            #expect(try await techhost.mails().contains { $0.contains("goes on after the techhost was down") })
        }

        @Test func `the services go, and what runs goes on`() async throws {
            let techhost = try Techhost.ofSuite()
            let fleet = techhost.fleet
            let before = try await fleet.containers(of: "orders") + fleet.containers(of: "other")
            let answer = try await techhost.gantry("install-service --uninstall --format json")
            #expect(answer.status == 0, "\(answer.stdout)\n\(answer.stderr)")
            #expect(answer.stdout.contains("it stays for other"))
            #expect(try await service(1, fleet) == "enabled\nactive")
            for host in [2, 3] { #expect(try await service(host, fleet) == "inactive") }
            #expect(try await techhost.run("systemctl is-active \(Techhost.unit)").stdout == "inactive")
            #expect(try await techhost.run("ls /etc/logrotate.d/gantry").status != 0)
            #expect(try await fleet.containers(of: "orders") + fleet.containers(of: "other") == before)
            let again = try await techhost.gantry("install-service --uninstall")
            #expect(again.status == 0)
        }
    }
}

/// `dockmon status`, as far as it is read here.
private struct DockmonDocument: Decodable {
    struct Incident: Decodable {
        let rule: String
    }

    let lookedAt: String?
    let incidents: [Incident]
}

/// What `install-service` answers with.
private struct InstallDocument: Decodable {
    struct Host: Decodable {
        let subject: String
        let result: String
    }

    let hosts: [Host]
}
