import Glibc
import Processes

/// Starts and ends the daemon from outside.
public struct DockmonControl: Sendable {
    /// How often it is looked at while it starts or ends.
    private static let interval: Duration = .milliseconds(50)

    private let place: FleetPlace

    /// Control over the daemon of the fleet in `place`.
    public init(place: FleetPlace) { self.place = place }

    /// How a start went.
    public enum Start: Sendable {
        /// It watches.
        case watching(DockmonRecord)
        /// One ran already.
        case runs(DockmonRecord)
        /// It runs, and does not watch yet: the time is over.
        case notYet(pid: Int32)
        /// It ended; the last lines that it wrote.
        case ended([String])
    }

    /// Starts it in the background and waits until it watches, at most for `deadline`.
    /// - Throws: `DockmonDaemon.Problem` when it can't be started.
    public func start(verbosity: Int, within deadline: Duration) async throws -> Start {
        if let record = place.dockmon() { return .runs(record) }
        let child: ProcessIdentity
        do throws(ProcessError) {
            try Directories.make(place.state, mode: 0o700)
            // What an earlier daemon said is not this one's.
            unlink(place.dockmonOutput)
            child = try DetachedProcess.start(
                Invocation(
                    "/proc/self/exe",
                    ["dockmon", "run", "--fleet", place.directory, "-q"] + Array(repeating: "-v", count: verbosity)),
                logFile: place.dockmonOutput)
        } catch {
            throw DockmonDaemon.Problem.files(error.subject, reason: error.reason)
        }
        let end = ContinuousClock.now + deadline
        while true {
            let isRunning = child.isRunning
            if let record = place.dockmon(), record.isWatching {
                return record.pid == child.pid ? .watching(record) : .runs(record)
            }
            guard isRunning else {
                let said = (try? BoundedFile.read(place.dockmonOutput, limit: 1 << 20)) ?? []
                return .ended(String(decoding: said, as: UTF8.self).split(separator: "\n").suffix(20).map(String.init))
            }
            guard ContinuousClock.now < end else { return .notYet(pid: child.pid) }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// How a stop went.
    public enum Stop: Sendable {
        /// None ran.
        case none
        /// It is gone.
        case stopped(pid: Int32)
        /// It did not go in time.
        case remains(pid: Int32)
    }

    /// Asks it to end and waits until it is gone, at most for `deadline`.
    public func stop(within deadline: Duration) async throws -> Stop {
        guard let record = place.dockmon() else { return .none }
        kill(record.pid, SIGTERM)
        let end = ContinuousClock.now + deadline
        while record.isAlive {
            guard ContinuousClock.now < end else { return .remains(pid: record.pid) }
            try await Task.sleep(for: Self.interval)
        }
        return .stopped(pid: record.pid)
    }
}
