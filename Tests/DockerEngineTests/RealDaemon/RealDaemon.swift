import DockerEngine
import Foundation
import Glibc
import Testing
import Transfers

/// A dockerd of the test's own: own data, own socket, no network, ended in any case.
struct RealDaemon {
    let engine: DockerEngine
    let toys: ToyImages
    let directory: String
    /// Starts and ends with the same data.
    fileprivate let process: DaemonProcess

    /// Ends the daemon and starts it again on the same data.
    func restart() async throws {
        await process.end()
        try process.start()
        try await process.untilReady(engine)
    }

    /// Ends the daemon.
    func end() async { await process.end() }

    /// Why there can't be one here; nil where there can.
    static let obstacle: Comment? = {
        if geteuid() != 0 { return "dockerd needs root" }
        for program in ["dockerd", "cc", "tar", "sha256sum"] where findProgram(program) == nil {
            return "\(program) is not installed"
        }
        return nil
    }()
}

/// Runs `body` with a daemon that has the toy images.
func withRealDaemon<Value>(_ body: (RealDaemon) async throws -> Value) async throws -> Value {
    let directory = "/tmp/real-docker-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let process = DaemonProcess(directory: directory)
    let result: Result<Value, any Error>
    do {
        let toys = try ToyImages(directory: directory + "/toys")
        try process.start()
        result = .success(
            try await withTransfers { transfers in
                let engine = DockerEngine(socketPath: process.socketPath, transfers: transfers)
                try await process.untilReady(engine)
                return try await body(
                    RealDaemon(engine: engine, toys: toys, directory: directory, process: process))
            })
    } catch { result = .failure(error) }
    await process.end()
    try? FileManager.default.removeItem(atPath: directory)
    return try result.get()
}

struct DaemonDidNotStart: Error {
    let lastWords: String
}

final class DaemonProcess: @unchecked Sendable {
    let directory: String
    var socketPath: String { directory + "/docker.sock" }
    private var process: Process?
    private let ended = DispatchGroup()

    init(directory: String) { self.directory = directory }

    func start() throws {
        let process = Process()
        process.executableURL = findProgram("dockerd")
        process.arguments = [
            "--data-root", directory + "/data", "--exec-root", directory + "/exec", "--host", "unix://" + socketPath,
            "--pidfile", directory + "/pid", "--config-file", directory + "/daemon.json", "--bridge=none",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--shutdown-timeout=2",
            "--group=root",
        ]
        process.environment = ["PATH": programDirectories.joined(separator: ":")]
        try Data("{}".utf8).write(to: URL(fileURLWithPath: directory + "/daemon.json"))
        try Data().write(to: URL(fileURLWithPath: directory + "/log"))
        let log = FileHandle(forWritingAtPath: directory + "/log")
        process.standardOutput = log
        process.standardError = log
        ended.enter()
        process.terminationHandler = { [ended] _ in ended.leave() }
        do { try process.run() } catch {
            ended.leave()
            throw error
        }
        self.process = process
    }

    /// The daemon makes its socket when it is ready; there is nothing to wait on but the socket.
    func untilReady(_ engine: DockerEngine) async throws {
        for _ in 0..<300 {
            if process?.isRunning != true { break }
            do {
                try await engine.ping()
                return
            } catch { try await Task.sleep(for: .milliseconds(100)) }
        }
        let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
        throw DaemonDidNotStart(lastWords: log.split(separator: "\n").suffix(5).joined(separator: "\n"))
    }

    func end() async {
        guard let process else { return }
        if process.isRunning { process.terminate() }
        await withCheckedContinuation { continuation in
            ended.notify(queue: .global()) { continuation.resume() }
        }
        self.process = nil
        unmountAll()
    }

    /// A daemon leaves the mount of its host network's name behind, and with it the directory could not be removed.
    private func unmountAll() {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n").reversed() {
            let words = line.split(separator: " ")
            if words.count > 1, words[1].hasPrefix(directory + "/") {
                umount2(String(words[1]), Int32(MNT_DETACH))
            }
        }
    }
}

/// `GANTRY_TEST_DOCKER_PATH` names directories with another Docker (dockerd, containerd and its shim, runc) to try.
private let programDirectories =
    (ProcessInfo.processInfo.environment["GANTRY_TEST_DOCKER_PATH"] ?? "").split(separator: ":").map(String.init)
    + ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

func findProgram(_ name: String) -> URL? {
    programDirectories.map { URL(fileURLWithPath: "\($0)/\(name)") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}

@discardableResult
func runProgram(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = findProgram(name)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(name) \(arguments)")
    return String(decoding: data, as: UTF8.self)
}
