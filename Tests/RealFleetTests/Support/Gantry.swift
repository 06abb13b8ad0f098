import Foundation
import Processes
import RealHosts
import Testing
import Threads

/// What gantry did when it was called: its exit status and what it wrote.
struct Answer: Sendable {
    /// The exit status; nil when a signal ended it.
    let status: Int32?
    let stdout: String
    let stderr: String

    /// The document on standard output, which `--format json` writes.
    func document<Document: Decodable>(as type: Document.Type = Document.self) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(stdout.utf8))
        } catch {
            Issue.record("no document of \(type): \(error)\n\(stdout)\n\(stderr)")
            throw error
        }
    }
}

/// A fleet directory with what an operator writes into it, and the gantry that is tested on it.
struct Gantry: Sendable {
    let fleet: RealFleet
    let directory: String

    /// What differs between the fleet directories of these tests.
    struct Settings: Sendable {
        var cluster = "orders"
        /// Numbers of the hosts, from 1.
        var hosts = [1, 2, 3]
        var brokers = 2
        /// Brokers of single hosts, by their numbers, where they have others than the rest.
        var brokersOfHost: [Int: Int] = [:]
        var controllers: Int?
        var brokerPort = 9092
        var controllerPort = 19092
        var image = Gantry.image
        var archive: String?
        var user = "root"
        var sshPort = 22
        var identity: String?
        var knownHosts: String?
        var kafka = ["default.replication.factor": "3", "min.insync.replicas": "2"]
        /// The port of a mail server on the techhost's loopback.
        var mailPort: Int?
    }

    /// Where data directories are, on a disk of the host's own.
    static let data = "/data/kafka"
    /// The image of the archive that the fleet was given.
    static let image = "gantry/kafka:4.3.1"

    /// Calls `body` with a new fleet directory, and removes it afterwards. Workers that are still at it are ended.
    static func with<Result>(
        _ settings: Settings = Settings(), on fleet: RealFleet, _ body: (Gantry) async throws -> Result
    ) async throws -> Result {
        let gantry = try await make(settings, on: fleet)
        do {
            let result = try await body(gantry)
            await gantry.remove()
            return result
        } catch {
            await gantry.remove()
            throw error
        }
    }

    /// A new fleet directory, made by `gantry init`, with `settings` in its `defaults.cfg`.
    static func make(_ settings: Settings, on fleet: RealFleet) async throws -> Gantry {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let gantry = Gantry(fleet: fleet, directory: directory.path)
        try gantry.write("defaults.cfg", settings.text(fleet))
        let answer = try await gantry.run("init", directory.path)
        try #require(answer.status == 0, "\(answer.stderr)")
        return gantry
    }

    /// Ends what still works for the directory, and removes it.
    func remove() async {
        for worker in workers { kill(worker, SIGKILL) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Processes that carry out operations of this directory.
    ///
    /// A child that a worker is about to turn into ssh has the worker's command line until it executes (vfork(2)): it
    /// is told by its parent.
    var workers: [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let named = entries.compactMap { pid_t($0) }.filter { pid in
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return arguments.contains("operation-worker") && arguments.contains(directory)
        }
        return named.filter { pid in parent(of: pid).map { !named.contains($0) } ?? false }
    }

    /// Who started a process; nil where it is gone (proc_pid_stat(5): the fourth field, behind the name in brackets).
    private func parent(of pid: pid_t) -> pid_t? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }

    /// Writes a file of the fleet directory, with other permission bits where they are given.
    func write(_ path: String, _ text: String, mode: Int? = nil) throws {
        let file = URL(filePath: directory).appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        guard let mode else { return }
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: file.path)
    }

    /// Reads a file of the fleet directory; empty where there is none.
    func read(_ path: String) -> String {
        FileManager.default.contents(atPath: "\(directory)/\(path)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The same with arguments in a list.
    func run(_ arguments: [String], deadline: Duration) async throws -> Answer {
        let result = try await Processes.Process.run(
            fleet.binary, arguments, environment: .inheritedWith(["GANTRY_FLEET": directory]),
            limits: OutputLimits(output: 8 << 20), deadline: deadline, keepingDescendants: true)
        let status: Int32? = if case .exited(let code) = result.exit { code } else { nil }
        return Answer(status: status, stdout: result.stdout.text, stderr: result.stderr.text)
    }

    /// Runs gantry on the directory. `onLine` gets each line of standard error as it comes, and holds gantry back meanwhile.
    func run(
        _ arguments: String..., deadline: Duration = .seconds(120), onLine: Processes.Process.LineHandler? = nil
    ) async throws -> Answer {
        // A worker that it starts outlives it.
        let result = try await Processes.Process.run(
            fleet.binary, arguments, environment: .inheritedWith(["GANTRY_FLEET": directory]),
            limits: OutputLimits(output: 8 << 20), deadline: deadline, keepingDescendants: true, errorLines: onLine)
        let status: Int32? = if case .exited(let code) = result.exit { code } else { nil }
        return Answer(status: status, stdout: result.stdout.text, stderr: result.stderr.text)
    }

    /// The same, with gantry's process id beside each line, for signals.
    func runShowingPID(
        _ arguments: String..., deadline: Duration = .seconds(120),
        onLine: @escaping (_ pid: pid_t, _ line: String) async -> Void
    ) async throws -> Answer {
        let pid = Locked<pid_t>(0)
        let result = try await Processes.Process.run(
            "sh", ["-c", #"echo "pid $$" >&2; exec "$0" "$@""#, fleet.binary] + arguments,
            environment: .inheritedWith(["GANTRY_FLEET": directory]), limits: OutputLimits(output: 8 << 20),
            deadline: deadline, keepingDescendants: true, outputLines: nil
        ) { line in
            if line.hasPrefix("pid "), let number = pid_t(line.dropFirst(4)) {
                pid.withLock { $0 = number }
            } else {
                await onLine(pid.withLock { $0 }, line)
            }
        }
        let status: Int32? = if case .exited(let code) = result.exit { code } else { nil }
        return Answer(status: status, stdout: result.stdout.text, stderr: result.stderr.text)
    }
}

extension Gantry.Settings {
    /// `defaults.cfg`.
    func text(_ fleet: RealFleet) -> String {
        let lines = kafka.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        let unlike = brokersOfHost.sorted { $0.key < $1.key }.map {
            "\(fleet.addresses[$0.key - 1]): { brokers: \($0.value) }"
        }
        return """
            cluster:
              name: \(cluster)
              version: 4.3.1
              image: \(image)
              image_archive: \(archive ?? fleet.imageArchive)
            \(controllers.map { "  controllers: \($0)" } ?? "")
            virthosts: [\(hosts.map { fleet.addresses[$0 - 1] }.joined(separator: ", "))]
            \(unlike.isEmpty ? "" : "hosts: { \(unlike.joined(separator: ", ")) }")
            defaults:
              brokers: \(brokers)
              ssh: { user: \(user), port: \(sshPort), identity: \(identity ?? fleet.identity), known_hosts: \(knownHosts ?? fleet.knownHosts) }
              data: [\(Gantry.data)]
              ports: { broker: \(brokerPort), controller: \(controllerPort) }
              heap: 256m
              memory: 800m
            \(mailPort.map { "notify: { to: [ops@example.com], smtp: { url: \"smtp://127.0.0.1:\($0)\" } }" } ?? "")
            kafka:
            \(lines.joined(separator: "\n"))

            """
    }
}
