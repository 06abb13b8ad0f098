import EventLoop
import Foundation
import Testing

@testable import KafkaClient

/// A real broker and controller in one process, with a listener for each security protocol.
final class RealKafka {
    static let version = "4.3.1"

    /// The unpacked release, from KAFKA_DISTS (default ../shared/kafka beside the checkout); nil where there is none.
    static let home: String? = {
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let dists =
            ProcessInfo.processInfo.environment["KAFKA_DISTS"]
            ?? checkout.appendingPathComponent("../shared/kafka").path
        let home = "\(dists)/\(version)"
        return FileManager.default.isExecutableFile(atPath: "\(home)/bin/kafka-run-class.sh") ? home : nil
    }()

    static let clusterID = "4L6g3nShT-eMCtK--X86sw"

    let directory: URL
    let certificates: KafkaCertificates
    private(set) var ports: [String: UInt16] = [:]
    private var server: Process?

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-kafka-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        certificates = try KafkaCertificates(in: directory)
    }

    /// Runs `body` beside a broker that is taken down and removed afterwards.
    static func with(_ body: (RealKafka) async throws -> Void) async throws {
        let kafka = try RealKafka()
        defer { kafka.remove() }
        try await kafka.start()
        try await body(kafka)
    }

    func address(_ listener: String) -> KafkaAddress { KafkaAddress(host: "127.0.0.1", port: ports[listener] ?? 0) }

    private static let listeners = ["PLAIN", "CONTROLLER", "LOGIN", "TLS", "MUTUAL"]

    private func start() async throws {
        let home = try #require(Self.home)
        for listener in Self.listeners { ports[listener] = try freePort() }
        let listening = Self.listeners.map { "\($0)://127.0.0.1:\(ports[$0] ?? 0)" }.joined(separator: ",")
        let store = directory.appendingPathComponent("server-store.pem").path
        let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        let plain =
            "org.apache.kafka.common.security.plain.PlainLoginModule required user_admin=\"admin-secret\";"
        let properties = """
            process.roles=broker,controller
            node.id=1
            listeners=\(listening)
            controller.listener.names=CONTROLLER
            controller.quorum.bootstrap.servers=127.0.0.1:\(ports["CONTROLLER"] ?? 0)
            inter.broker.listener.name=PLAIN
            listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT,TLS:SSL,MUTUAL:SSL
            log.dirs=\(directory.path)/data
            offsets.topic.replication.factor=1
            sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
            listener.name.login.scram-sha-256.sasl.jaas.config=\(scram)
            listener.name.login.scram-sha-512.sasl.jaas.config=\(scram)
            listener.name.login.plain.sasl.jaas.config=\(plain)
            ssl.keystore.type=PEM
            ssl.keystore.location=\(store)
            ssl.truststore.type=PEM
            ssl.truststore.location=\(certificates.file("ca.pem"))
            listener.name.mutual.ssl.client.auth=required
            """
        let file = directory.appendingPathComponent("server.properties").path
        try properties.write(toFile: file, atomically: true, encoding: .utf8)
        let format = try launch(
            "\(home)/bin/kafka-run-class.sh",
            [
                "kafka.tools.StorageTool", "format", "-t", Self.clusterID, "-c", file, "--standalone",
                "--add-scram", "SCRAM-SHA-256=[name=admin,password=admin-secret]",
                "--add-scram", "SCRAM-SHA-512=[name=admin,password=admin-secret]",
            ], log: "format.log")
        format.waitUntilExit()
        try #require(format.terminationStatus == 0, "format: \(log("format.log"))")
        server = try launch("\(home)/bin/kafka-run-class.sh", ["kafka.Kafka", file], log: "server.log")
    }

    private func launch(_ path: String, _ arguments: [String], log: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        var environment = ProcessInfo.processInfo.environment
        environment["KAFKA_HEAP_OPTS"] = "-Xmx256m -Xms128m"
        environment["LOG_DIR"] = directory.path
        process.environment = environment
        let output = directory.appendingPathComponent(log)
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    func log(_ name: String) -> String {
        (try? String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }

    private func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        return UInt16(bigEndian: address.sin_port)
    }

    private func remove() {
        if let server, server.isRunning {
            // The launcher replaces itself by the JVM, so this is the server's own id.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: directory)
    }
}

/// A CA, a server's and a client's certificate, made by the openssl command.
struct KafkaCertificates: Sendable {
    let directory: URL

    func file(_ name: String) -> String { directory.appendingPathComponent(name).path }

    func identity(_ name: String) -> TLSIdentity {
        TLSIdentity(certificateChainFile: file("\(name).pem"), privateKeyFile: file("\(name).key"))
    }

    init(in directory: URL) throws {
        self.directory = directory
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=test-ca")
        for name in ["server", "client"] {
            try openssl("req -new -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try "subjectAltName=IP:127.0.0.1,DNS:broker.test\n"
                .write(toFile: file("\(name).ext"), atomically: true, encoding: .utf8)
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
                    + "-extfile \(name).ext -out \(name).pem")
        }
        let store = try ["server.key", "server.pem"].map { try String(contentsOfFile: file($0), encoding: .utf8) }
        try store.joined().write(toFile: file("server-store.pem"), atomically: true, encoding: .utf8)
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}
