import Glibc
import KafkaProtocol

/// Decodes the `Metadata` response of a large cluster: 1,000 brokers, 200,000 partitions in 2,000 topics, three replicas.
///
/// Prints one JSON object: milliseconds (best and median of `rounds`, and the best round's processor time, which other
/// work on the machine does not lengthen), the frame's size, and the process's peak memory above what it held before
/// the first decoding. The bound to hold: 150 ms and 100 MB.
enum MetadataDecode {
    static let brokers: Int32 = 1_000
    static let topics = 2_000
    static let partitionsPerTopic: Int32 = 100
    static let version: Int16 = 12
    static let rounds = 7

    static func run() throws {
        let payload = try makePayload()
        let before = peakMegabytes()
        var milliseconds: [Double] = []
        var processor: [Double] = []
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            let startOfWork = clock()
            let response = try Frame.decodeResponse(
                to: MetadataRequest.self, version: version, correlationID: 1, payload: payload)
            let elapsed = ContinuousClock.now - start
            processor.append(Double(clock() - startOfWork) * 1e3 / Double(CLOCKS_PER_SEC))
            guard response.topics.count == topics else { throw WireError(.truncated(needed: topics, available: 0)) }
            milliseconds.append(
                Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1e3)
        }
        milliseconds.sort()
        let after = peakMegabytes()
        print(
            """
            {"benchmark": "metadata-decode", "brokers": \(brokers), \
            "partitions": \(topics * Int(partitionsPerTopic)), "payload_bytes": \(payload.count), \
            "best_ms": \(rounded(milliseconds[0])), "median_ms": \(rounded(milliseconds[rounds / 2])), \
            "best_cpu_ms": \(rounded(processor.min() ?? 0)), \
            "peak_rss_mb": \(rounded(after)), "decoding_rss_mb": \(rounded(after - before))}
            """)
    }

    /// The payload, written field by field so that making it takes no memory beside it.
    private static func makePayload() throws -> [UInt8] {
        var writer = WireWriter(capacity: 10 << 20)
        writer.writeInt32(1)  // correlation id
        writer.writeUnsignedVarint(0)
        writer.writeInt32(0)  // throttle time
        writer.writeUnsignedVarint(UInt32(brokers) + 1)
        for id in 1...brokers {
            writer.writeInt32(id)
            try writer.writeString("broker-\(id).kafka.example.org", compact: true)
            writer.writeInt32(9092)
            try writer.writeString("rack-\(id % 12)", compact: true)
            writer.writeUnsignedVarint(0)
        }
        try writer.writeString("benchmark", compact: true)
        writer.writeInt32(1)  // controller
        writer.writeUnsignedVarint(UInt32(topics) + 1)
        for topic in 0..<Int32(topics) {
            writer.writeErrorCode(.noError)
            try writer.writeString("topic-\(topic)", compact: true)
            writer.writeUUID(KafkaUUID(high: 1, low: UInt64(topic)))
            writer.writeBool(false)
            writer.writeUnsignedVarint(UInt32(partitionsPerTopic) + 1)
            for index in 0..<partitionsPerTopic { writePartition(index, of: topic, into: &writer) }
            writer.writeInt32(.min)  // authorized operations
            writer.writeUnsignedVarint(0)
        }
        writer.writeUnsignedVarint(0)
        return writer.bytes
    }

    private static func writePartition(_ index: Int32, of topic: Int32, into writer: inout WireWriter) {
        let replicas = (0..<3).map { (topic * partitionsPerTopic + index + $0 * 7) % brokers + 1 }
        writer.writeErrorCode(.noError)
        writer.writeInt32(index)
        writer.writeInt32(replicas[0])
        writer.writeInt32(5)  // leader epoch
        for list in [replicas, replicas, []] {
            writer.writeUnsignedVarint(UInt32(list.count) + 1)
            for id in list { writer.writeInt32(id) }
        }
        writer.writeUnsignedVarint(0)
    }

    private static func peakMegabytes() -> Double {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return (Double(text.split(whereSeparator: \.isWhitespace)[1]) ?? 0) / 1024
        }
        return 0
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
