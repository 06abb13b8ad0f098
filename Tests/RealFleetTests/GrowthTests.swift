import Processes
import RealHosts
import Testing

extension `Real hosts` {
    /// A cluster that grows under load: a host, a controller, brokers with data, a changed configuration.
    @Suite(.clearedFleet, .serialized)
    struct `A cluster that grows` {
        /// Records that a producer with acks=all writes meanwhile.
        private static let records = 30_000

        private func tool(_ name: String, _ arguments: String, in gantry: Gantry, options: String = "--rm") async throws
            -> String
        {
            let fleet = gantry.fleet
            return try await fleet.output(
                1,
                "docker run \(options) --network host --entrypoint /opt/kafka/bin/\(name).sh \(Gantry.image) \(arguments)"
                    .replacing("SERVERS", with: fleet.addresses.map { "\($0):9092" }.joined(separator: ",")),
                deadline: .seconds(180))
        }

        private func operation(_ gantry: Gantry, _ arguments: String...) async throws -> OperationDocument {
            let words = arguments + ["--yes", "--format", "json"]
            let answer = try await gantry.run(words, deadline: .seconds(400))
            #expect(answer.status == 0, "\(arguments): \(answer.stdout)\n\(answer.stderr)")
            return try answer.document()
        }

        /// A host joins, and the one of the first controller leaves: its controller goes to the new host. Brokers know the other
        /// two controllers, so none of them is restarted.
        private func moveController(
            to fleet: RealFleet, _ gantry: Gantry, _ before: Gantry.Settings
        ) async throws {
            var settings = before
            settings.hosts = [1, 2, 3, 4]
            try gantry.write("defaults.cfg", settings.text(fleet))
            let newcomer = fleet.addresses[3]
            _ = try await operation(gantry, "addhost", newcomer)
            let running = try await fleet.containers(of: "orders").filter { $0.role == "broker" && $0.node != "1" }
            let removed = try await operation(gantry, "removehost", fleet.addresses[0])
            #expect(!removed.steps.contains { $0.id.hasPrefix("stop-safely") })
            #expect(try await fleet.containers(of: "orders").filter { $0.role == "broker" } == running)
            let (answer, document) = try await gantry.status()
            #expect(answer.status == 0, "\(document.findings)")
            #expect(document.brokers.map(\.id) == [2, 3, 4, 5])
            let voters = document.quorum.filter { $0.state == "leader" || $0.state == "follower" }
            #expect(voters.map(\.id) == [9002, 9003, 9004])
            #expect(voters.last?.host == newcomer)
        }

        @Test func `addhost, addbroker and restart --changed lose no record and touch nothing else that runs`()
            async throws
        {
            let fleet = try RealFleet()
            var settings = Gantry.Settings(
                hosts: [1, 2], brokers: 1, controllers: 1,
                kafka: ["default.replication.factor": "2", "min.insync.replicas": "1"])
            try await Gantry.with(settings, on: fleet) { gantry in
                _ = try await operation(gantry, "bootstrap")
                _ = try await tool(
                    "kafka-topics", "--bootstrap-server SERVERS --create --topic orders --partitions 6", in: gantry)
                _ = try await tool(
                    "kafka-producer-perf-test",
                    "--topic orders --num-records \(Self.records) --record-size 1000 --throughput 250"
                        + " --producer-props bootstrap.servers=SERVERS acks=all", in: gantry,
                    options: "-d --name load")

                // A host that is not listed is refused with the line to add.
                let unlisted = try await gantry.run("addhost", fleet.addresses[2], "--yes")
                #expect(unlisted.status == 4)
                #expect(unlisted.stdout.contains("virthosts: [\(fleet.addresses.joined(separator: ", "))]"))

                settings.hosts = [1, 2, 3]
                settings.controllers = 3
                try gantry.write("defaults.cfg", settings.text(fleet))
                let before = try await fleet.containers(of: "orders")
                _ = try await operation(gantry, "addhost", fleet.addresses[2])
                // The controller of the third place is bootstrap's: it joins the quorum that runs.
                _ = try await operation(gantry, "bootstrap")
                let added = try await operation(gantry, "addbroker", fleet.addresses[2], "1", "--rebalance")
                #expect(added.steps.contains { $0.id.hasPrefix("move-data") && $0.state == "done" })
                let after = try await fleet.containers(of: "orders")
                #expect(Set(after).isSuperset(of: before), "what ran runs on, unstarted")
                var (answer, document) = try await gantry.status()
                #expect(answer.status == 0, "\(document.findings)")
                #expect(document.brokers.map(\.id) == [1, 2, 3, 4])
                #expect(document.brokers.compactMap(\.host).suffix(2) == [fleet.addresses[2], fleet.addresses[2]])
                #expect(document.brokers.allSatisfy { ($0.partitions ?? 0) > 0 }, "every broker holds data")
                #expect(document.quorum.map(\.id) == [9001, 9002, 9003])
                #expect(document.quorum.map(\.state).sorted() == ["follower", "follower", "leader"])

                settings.kafka["log.retention.hours"] = "24"
                try gantry.write("defaults.cfg", settings.text(fleet))
                (answer, document) = try await gantry.status()
                #expect(answer.status == 1)
                #expect(Set(document.findings.map(\.rule)) == ["config-drift"])
                let active = document.cluster.controller
                let restarted = try await operation(gantry, "restart", "--changed")
                let stops = restarted.steps.filter { $0.id.hasPrefix("stop-safely") }
                #expect(stops.count == 7)
                #expect(stops.last?.id == "stop-safely/\(active ?? 0)")
                (answer, document) = try await gantry.status()
                #expect(answer.status == 0, "\(document.findings)")
                #expect(try await gantry.run("restart", "--changed", "--yes").stdout.contains("nothing to do"))

                try await fleet.withOneMore { try await moveController(to: $0, gantry, settings) }

                let told = try await fleet.output(1, "docker wait load; docker logs load 2>&1", deadline: .seconds(300))
                #expect(told.hasPrefix("0\n"), "\(told.suffix(2000))")
                #expect(told.contains("\(Self.records) records sent"), "\(told.suffix(2000))")
                let offsets = try await tool(
                    "kafka-get-offsets", "--bootstrap-server SERVERS --topic orders", in: gantry)
                let ends = offsets.split(separator: "\n").compactMap { Int($0.split(separator: ":").last ?? "") }
                #expect(ends.reduce(0, +) == Self.records, "\(offsets)")
            }
        }
    }
}
