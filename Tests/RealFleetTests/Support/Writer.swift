import RealHosts
import Testing

/// `kafka-verifiable-producer` on the third host, with all acknowledgements, and perhaps a consumer that reads meanwhile.
struct Writer {
    static let name = "orders-writer"
    static let reader = "orders-reader"

    let gantry: Gantry
    let servers: String

    private var fleet: RealFleet { gantry.fleet }

    /// Begins to write 500 records a second.
    /// - Parameters:
    ///   - gantry: the cluster.
    ///   - servers: brokers by which it is found.
    ///   - topic: how the topic is made: options of `kafka-topics`.
    /// - Returns: what writes.
    /// - Throws: what keeps it from writing.
    static func begin(on gantry: Gantry, servers: String, topic: String) async throws -> Writer {
        let made = try await gantry.tool(
            "kafka-topics", "--bootstrap-server \(servers) --create --topic written \(topic)", on: 3)
        try #require(made.contains("Created topic written"), "\(made)")
        let writer = Writer(gantry: gantry, servers: servers)
        try await writer.start(
            name, "kafka-verifiable-producer",
            "--bootstrap-server \(servers) --topic written --acks -1 --throughput 500")
        return writer
    }

    /// Has a consumer read all of it from the beginning, as it comes; returns when it has begun.
    func read() async throws {
        try await start(
            Self.reader, "kafka-console-consumer",
            "--bootstrap-server \(servers) --topic written --from-beginning --property print.partition=true")
        try await eventually(within: .seconds(60), "the consumer reads") {
            try await !log(of: Self.reader).isEmpty
        }
    }

    private func start(_ name: String, _ tool: String, _ arguments: String) async throws {
        _ = try await fleet.output(
            3,
            "docker run -d --name \(name) --network host --entrypoint /opt/kafka/bin/\(tool).sh \(Gantry.image) "
                + arguments, deadline: .seconds(60))
    }

    /// Stops writing, and expects every acknowledged record where it is read again, in the order of each partition.
    func end() async throws {
        let acknowledged = try await stop()
        let read = try await gantry.tool(
            "kafka-console-consumer",
            "--bootstrap-server \(servers) --topic written --from-beginning --timeout-ms 15000"
                + " --property print.partition=true", on: 3, deadline: .seconds(120))
        let found = Records(read)
        #expect(acknowledged.subtracting(found.all).isEmpty, "records are lost")
        #expect(found.disorder == 0, "records are out of order")
    }

    /// Stops writing, and expects every acknowledged record at the consumer of `read()`, in the order of each partition.
    func endAsRead() async throws {
        let acknowledged = try await stop()
        var found = Records("")
        try await eventually(within: .seconds(60), "the consumer has all \(acknowledged.count) records") {
            found = Records(try await log(of: Self.reader))
            return acknowledged.isSubset(of: found.all)
        } orSay: {
            let lost = acknowledged.subtracting(found.all)
            return "\(lost.count) are missing: \(lost.sorted().prefix(10))"
        }
        _ = try await fleet.output(3, "docker rm -f \(Self.reader)")
        #expect(found.disorder == 0, "records are out of order")
    }

    /// - Returns: what was acknowledged.
    private func stop() async throws -> Set<Int> {
        _ = try await fleet.output(3, "docker stop -t 30 \(Self.name)", deadline: .seconds(60))
        let log = try await log(of: Self.name)
        _ = try await fleet.output(3, "docker rm \(Self.name)")
        var acknowledged: Set<Int> = []
        for line in log.split(separator: "\n") where line.contains("producer_send_success") {
            if let value = line.firstMatch(of: /"value":"(\d+)"/)?.1, let number = Int(value) {
                acknowledged.insert(number)
            }
        }
        #expect(acknowledged.count > 1000, "\(log.suffix(500))")
        return acknowledged
    }

    private func log(of container: String) async throws -> String {
        try await fleet.output(3, "docker logs \(container) 2>/dev/null", deadline: .seconds(60))
    }
}

/// What a consumer printed: `Partition:3\t17` a line.
private struct Records {
    var all: Set<Int> = []
    /// A retry may write a record twice, and a consumer read it twice; none may come before one that was acknowledged
    /// earlier.
    var disorder = 0

    init(_ text: String) {
        var last: [Substring: Int] = [:]
        for line in text.split(separator: "\n") {
            guard let match = line.firstMatch(of: /^Partition:(\d+)\t(\d+)$/), let number = Int(match.2) else {
                continue
            }
            if let before = last[match.1], number < before, !all.contains(number) { disorder += 1 }
            last[match.1] = max(last[match.1] ?? 0, number)
            all.insert(number)
        }
    }
}

extension Gantry {
    /// What one of Kafka's own tools prints, in a container of host `number`. Its failure is a result.
    func tool(
        _ name: String, _ arguments: String, on number: Int, deadline: Duration = .seconds(90)
    ) async throws -> String {
        try await fleet.output(
            number,
            "docker run --rm --network host --entrypoint /opt/kafka/bin/\(name).sh \(Gantry.image)"
                + " \(arguments) 2>/dev/null || true", deadline: deadline)
    }
}
