import FleetModel
import Glibc
import Monitoring
import Processes
import Threads

/// The executables of `monitor.d/`: each gets every incident as one line of JSON on its standard input, one after the other,
/// bounded in time and number. None can hold up the daemon, or another one.
final class MonitorPlugins: IncidentReceiver {
    /// A plug-in that needs longer than to hand an incident on does something else.
    static let deadline: Duration = .seconds(10)
    private static let grace: Duration = .seconds(1)
    /// Incidents that wait for one plug-in; of more, the oldest are dropped and counted.
    private static let waiting = 100
    /// Plug-ins that are used; more are a mistake.
    private static let most = 32
    /// What a plug-in says is only for the log of a failure.
    private static let limits = OutputLimits(output: 4 << 10, error: 4 << 10)

    private struct State {
        var runs = 0
        var failures = 0
        var dropped = 0
        /// Files that can't be run: said once each.
        var refused: Set<String> = []
    }

    private let directory: String
    private let cluster: ClusterName
    private let log: LogFile
    private let state = Locked(State())
    private let changes: AsyncStream<IncidentChange>
    private let continuation: AsyncStream<IncidentChange>.Continuation

    init(directory: String, cluster: ClusterName, log: LogFile) {
        self.directory = directory
        self.cluster = cluster
        self.log = log
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waiting))
    }

    func receive(_ change: IncidentChange) {
        if case .dropped = continuation.yield(change) { state.withLock { $0.dropped += 1 } }
    }

    /// How often plug-ins were run, how often one failed, and how many incidents were not handed on.
    var counts: (runs: Int, failures: Int, dropped: Int) {
        state.withLock { ($0.runs, $0.failures, $0.dropped) }
    }

    /// Hands incidents on until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            var lanes: [String: AsyncStream<[UInt8]>.Continuation] = [:]
            for await change in changes {
                let line = Array((change.json(cluster: cluster).text() + "\n").utf8)
                let present = executables()
                for path in present {
                    if lanes[path] == nil {
                        let (stream, lane) = AsyncStream<[UInt8]>.makeStream(
                            bufferingPolicy: .bufferingNewest(Self.waiting))
                        lanes[path] = lane
                        group.addTask { for await line in stream { await self.hand(line, to: path) } }
                    }
                    if case .dropped = lanes[path]?.yield(line) { state.withLock { $0.dropped += 1 } }
                }
                for path in lanes.keys where !present.contains(path) { lanes.removeValue(forKey: path)?.finish() }
            }
            for lane in lanes.values { lane.finish() }
            group.cancelAll()
        }
    }

    private func hand(_ line: [UInt8], to path: String) async {
        let problem: String?
        do throws(ProcessError) {
            let result = try await Process.run(
                path, workingDirectory: directory, input: .bytes(line), limits: Self.limits, deadline: Self.deadline,
                grace: Self.grace)
            problem = result.exit.isSuccess ? nil : "\(result.exit): \(result.stderr)"
        } catch {
            if error.code == .cancelled { return }
            problem = error.reason
        }
        state.withLock { state in
            state.runs += 1
            if problem != nil { state.failures += 1 }
        }
        if let problem {
            log.say("plugin-failed", level: "warning", at: .wall, [("plugin", path), ("reason", problem)])
        }
    }

    /// In the order of their names.
    private func executables() -> [String] {
        var found: [String] = []
        for name in OperatorPrograms.names(in: directory) {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if let refusal = OperatorPrograms.refusal(of: path) {
                refuse(path, "\(refusal.reason): \(refusal.remedy)")
                continue
            }
            guard found.count < Self.most else {
                refuse(path, "there are more than \(Self.most) plug-ins")
                continue
            }
            found.append(path)
        }
        return found
    }

    private func refuse(_ path: String, _ reason: String) {
        guard state.withLock({ $0.refused.insert(path).inserted }) else { return }
        log.say("plugin-refused", level: "warning", at: .wall, [("plugin", path), ("reason", reason)])
    }
}
