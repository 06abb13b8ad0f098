import FleetModel
import Foundation
import Glibc

/// Real Kafka processes on this machine, in a directory of their own; gone when the work is done.
final class RealKafka {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Where each version's Kafka is: `bin` and `libs` below.
    private static func distribution(_ version: String) -> URL {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let distributions =
            ProcessInfo.processInfo.environment["KAFKA_DISTS"].map { URL(fileURLWithPath: $0) }
            ?? root.appendingPathComponent("../shared/kafka")
        return distributions.appendingPathComponent(version)
    }

    /// Whether there is this Kafka and a Java to run it.
    static func isPresent(_ version: String) -> Bool {
        let java = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/java")
        }
        return java && FileManager.default.fileExists(atPath: distribution(version).appendingPathComponent("bin").path)
    }

    let clusterID: ClusterID
    let controllerPort: UInt16
    private let distribution: URL
    private let directory: URL
    private var processes: [NodeID: Process] = [:]
    private var ports: [NodeID: UInt16] = [:]

    private init(_ version: String, _ clusterID: ClusterID) throws {
        distribution = Self.distribution(version)
        self.clusterID = clusterID
        controllerPort = try Self.freePort()
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-kafka-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Runs `work` beside an empty cluster, and ends every process of it afterwards.
    static func run(_ version: String, _ work: (RealKafka) async throws -> Void) async throws {
        guard let id = ClusterID(rawValue: "4L6g3nShT-eMCtK--X86sw") else {
            throw Failure(description: "no cluster id")
        }
        let kafka = try RealKafka(version, id)
        defer { kafka.end() }
        do {
            try await work(kafka)
        } catch {
            throw Failure(description: "\(error)\n\(kafka.lastWords)")
        }
    }

    /// Where a broker listens for clients.
    func port(_ id: NodeID) -> UInt16 { ports[id] ?? 0 }

    /// Formats a node's directory and starts it. The first is broker and controller, the others brokers.
    func start(_ id: NodeID) throws {
        let port = try ports[id] ?? Self.freePort()
        ports[id] = port
        let isController = ports.count == 1 || id == processes.keys.min()
        let data = directory.appendingPathComponent("data-\(id)")
        let file = directory.appendingPathComponent("\(id).properties")
        let second = directory.appendingPathComponent("more-\(id)")
        let properties = """
            process.roles=\(isController ? "broker,controller" : "broker")
            node.id=\(id)
            listeners=PLAINTEXT://127.0.0.1:\(port)\(isController ? ",CONTROLLER://127.0.0.1:\(controllerPort)" : "")
            listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
            controller.listener.names=CONTROLLER
            controller.quorum.bootstrap.servers=127.0.0.1:\(controllerPort)
            log.dirs=\(data.path),\(second.path)
            broker.rack=rack-\(id)
            offsets.topic.replication.factor=1
            """
        try Data(properties.utf8).write(to: file)
        if !FileManager.default.fileExists(atPath: data.appendingPathComponent("meta.properties").path) {
            let format = try launch(
                "kafka.tools.StorageTool",
                [
                    "format", "-t", clusterID.rawValue, "-c", file.path,
                    isController ? "--standalone" : "--no-initial-controllers",
                ], log: "format-\(id)")
            format.waitUntilExit()
            guard format.terminationStatus == 0 else { throw Failure(description: "formatting node \(id) failed") }
        }
        processes[id] = try launch("kafka.Kafka", [file.path], log: "\(id)")
    }

    /// Kills a node.
    func kill(_ id: NodeID) {
        guard let process = processes.removeValue(forKey: id) else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private func launch(_ program: String, _ arguments: [String], log: String) throws -> Process {
        let output = directory.appendingPathComponent("\(log).log")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = distribution.appendingPathComponent("bin/kafka-run-class.sh")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            [
                "KAFKA_HEAP_OPTS": "-Xmx256m",
                "KAFKA_JVM_PERFORMANCE_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true",
            ]) { $1 }
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func end() {
        for id in processes.keys { kill(id) }
        try? FileManager.default.removeItem(at: directory)
    }

    /// The end of each process's log.
    private var lastWords: String {
        let files = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "log" }.map { file in
            let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").suffix(15)
            return "\(file.lastPathComponent):\n\(lines.joined(separator: "\n"))"
        }.joined(separator: "\n")
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard result == 0 else { throw Failure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// Waits until a condition holds, asking every 50 ms, for at most a minute.
func eventually<Value>(_ what: String, _ condition: () async throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(60)
    var last: (any Error)?
    while ContinuousClock.now < deadline {
        do {
            if let value = try await condition() { return value }
        } catch {
            last = error
        }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw RealKafka.Failure(description: "not within a minute: \(what) (\(last.map { "\($0)" } ?? "no error"))")
}
