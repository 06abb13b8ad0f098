import Foundation
import Testing

/// The checked-in message sources against Kafka's definitions.
@Suite struct GeneratedSourcesTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let distributions =
        ProcessInfo.processInfo.environment["KAFKA_DISTS"].map { URL(fileURLWithPath: $0) }
        ?? root.appendingPathComponent("../shared/kafka")

    private static var hasDefinitions: Bool {
        ["4.3.1", "4.4.0"].allSatisfy {
            FileManager.default.fileExists(
                atPath: distributions.appendingPathComponent("\($0)/libs/kafka-clients-\($0).jar").path)
        }
    }

    @Test(.enabled(if: hasDefinitions, "Kafka's distributions are absent: set KAFKA_DISTS"))
    func `the checked-in messages are what Kafka's definitions generate`() throws {
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        process.executableURL = Self.root.appendingPathComponent("dev/generate-messages")
        process.arguments = ["--check"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "KAFKA_DISTS": Self.distributions.path,
            "KAFKA_MESSAGE_GENERATOR": products.appendingPathComponent("KafkaMessageGenerator").path,
        ]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
