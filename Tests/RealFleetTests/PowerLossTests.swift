import Processes
import RealHosts
import Testing
import Threads

extension `Real hosts` {
    /// A host loses its power while a broker of it is drained and a producer writes.
    @Suite(.clearedFleet, .serialized)
    struct `Power lost in a drain` {
        /// Records in the topic of two replicas, a kilobyte each: a minute's work for the throttle.
        private static let records = 40_000
        private static let death = "broker 1 receives data and is dead"

        @Test func `nothing acknowledged is lost, what went to the dead broker is planned anew, and the drain ends`()
            async throws
        {
            let fleet = try RealFleet()
            var settings = Gantry.Settings(brokers: 1)
            settings.brokersOfHost = [1: 2]
            settings.kafka["offsets.topic.num.partitions"] = "4"
            try await Gantry.with(settings, on: fleet) { gantry in
                try await fleet.with(
                    {},
                    mendedBy: {
                        try await fleet.control("start", "1")
                        _ = try await fleet.output(
                            3, "docker rm -f \(Writer.name) \(Writer.reader) 2>/dev/null || true")
                    }
                ) {
                    try await drain(gantry, fleet)
                }
            }
        }

        /// Broker 2 leaves host 1, which is off for a while: with it go the source and broker 1, one of the targets.
        private func drain(_ gantry: Gantry, _ fleet: RealFleet) async throws {
            try await gantry.working()
            let servers = "\(fleet.addresses[1]):9092,\(fleet.addresses[2]):9092"
            let twice = Array(repeating: "2:4", count: 10).joined(separator: ",")
            let made = try await gantry.tool(
                "kafka-topics",
                "--bootstrap-server \(servers) --create --topic twice --config min.insync.replicas=1"
                    + " --replica-assignment \(twice)", on: 3)
            try #require(made.contains("Created topic twice"), "\(made)")
            _ = try await gantry.tool(
                "kafka-producer-perf-test",
                "--topic twice --num-records \(Self.records) --record-size 1000 --throughput -1"
                    + " --producer-props acks=all linger.ms=20 batch.size=131072 bootstrap.servers=\(servers)", on: 3)
            let writer = try await Writer.begin(
                on: gantry, servers: servers, topic: "--replica-assignment 2:3:4,3:4:2,4:2:3,1:3:4")
            try await writer.read()

            let (begins, dies) = (Once(), Once())
            let lines = Locked<[String]>([])
            let answer = try await gantry.run(
                "removebroker", "2", "--throttle", "1MiB/s", "--yes", "--format", "json", deadline: .seconds(280)
            ) { line in
                lines.withLock { $0.append(line) }
                if line.contains("move data"), line.hasSuffix(" ..."), await begins.isFirst() {
                    try? await eventually(within: .seconds(30), "data moves") {
                        (try await gantry.status().document.partitions.reassigning ?? 0) > 0
                    }
                    try? await fleet.control("kill", "1")
                }
                if line.contains(Self.death), await dies.isFirst() { try? await fleet.control("start", "1") }
            }
            let told = lines.withLock { $0.joined(separator: "\n") }
            try #require(answer.status == 0, "\(answer.stdout)\n\(told)")
            #expect(told.contains(Self.death), "\(told)")
            #expect(told.contains("partitions were planned anew: "), "\(told)")
            try await writer.endAsRead()
            let offsets = try await gantry.tool(
                "kafka-get-offsets", "--bootstrap-server \(servers) --topic twice", on: 3)
            let ends = offsets.split(separator: "\n").compactMap { Int($0.split(separator: ":").last ?? "") }
            #expect(ends.reduce(0, +) == Self.records, "\(offsets)")
            try await gantry.isWhole(within: .seconds(60))
            let (_, document) = try await gantry.status()
            #expect(document.brokers.map(\.id) == [1, 3, 4])
            #expect(document.partitions.reassigning == 0)
            for broker in [1, 3, 4] {
                let throttles = try await gantry.tool(
                    "kafka-configs",
                    "--bootstrap-server \(servers) --describe --entity-type brokers --entity-name \(broker)", on: 3)
                #expect(!throttles.contains("throttled"), "\(throttles)")
            }
        }
    }
}
