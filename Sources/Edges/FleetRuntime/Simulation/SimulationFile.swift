import FleetModel
import FleetSimulator
import Glibc
import Processes
import Threads

/// Keeps a simulated fleet in a file of the fleet directory, for this command, its worker and all that come later.
///
/// The lock is held for one change alone: load, let time pass, apply, save. So a command and the worker that it watches
/// work on one fleet side by side, and an effect is on disk before anybody is told of it. What only looks takes no lock:
/// the file is always a whole one, the old or the new.
final class SimulationFile: FleetStateKeeper {
    /// A change takes milliseconds, of the largest fleet a few seconds.
    static let patience: Duration = .seconds(10)
    /// Of a thousand brokers with 200,000 partitions it has some 20 MB.
    private static let largest = 256 << 20

    /// A file as stat(2) tells it from every other that had its name.
    private struct Identity: Equatable {
        var inode: UInt
        var seconds: Int
        var nanoseconds: Int
        var size: Int
    }

    private struct Held {
        var identity: Identity?
        var document: SimulationDocument
    }

    private let path: String
    private let directory: String
    private let hosts: [HostSpecification]
    private let patience: Duration
    /// What was read or written last; taken out while somebody works on it, so that nothing is copied.
    private let held = Locked<Held?>(nil)
    /// One at a time in this process: flock(2) can't be waited for in order.
    private let turn = Permits(1)
    let clock: SimulatedClock

    /// The fleet of `hosts` in `place`. Nothing is written before the first change.
    /// - Throws: `SimulationProblem` when there is a file and it can't be used.
    init(
        place: FleetPlace, hosts: [HostSpecification], patience: Duration = SimulationFile.patience
    ) async throws(SimulationProblem) {
        self.patience = patience
        directory = place.state
        let path = Self.path(in: place)
        self.path = path
        self.hosts = hosts
        let identity = Locked(Self.identity(of: path))
        clock = SimulatedClock(SimulatedTime(wall: Machine.wallTime)) {
            let present = Self.identity(of: path)
            guard identity.withLock({ $0 != present }) else { return nil }
            identity.withLock { $0 = present }
            return Self.clock(of: path)
        }
        try await withState(.look) { _ in }
    }

    static func path(in place: FleetPlace) -> String { "\(place.state)/simulation" }

    func withState<Result: Sendable>(
        _ access: StateAccess, _ body: (inout FleetState) -> Result
    ) async throws(SimulationProblem) -> Result {
        try await withDocument(access) { body(&$0.fleet) }
    }

    /// As `withState`, with the clock beside the fleet.
    func withDocument<Result: Sendable>(
        _ access: StateAccess, _ body: (inout SimulationDocument) -> Result
    ) async throws(SimulationProblem) -> Result {
        do {
            return try await turn.withPermit {
                let lock = access == .change ? try await lock() : nil
                defer { withExtendedLifetime(lock) {} }
                return try await work(access, body)
            }
        } catch let problem as SimulationProblem {
            throw problem
        } catch {
            throw Self.unavailable("waiting for the simulated fleet", path, "it was cut off", "run the command again")
        }
    }

    private func work<Result: Sendable>(
        _ access: StateAccess, _ body: (inout SimulationDocument) -> Result
    ) async throws(SimulationProblem) -> Result {
        var (identity, document) = try await load()
        document.fleet.admit(hosts)
        clock.follow(document.clock)
        if clock.uptime() < document.fleet.now {
            // The real clock was set back: from here on time passes again, from where it was.
            document.clock.anchor(document.fleet.now, wall: Machine.wallTime)
            clock.follow(document.clock)
        }
        document.fleet.advance(to: clock.uptime())
        guard access == .change else {
            var seen = document
            let held = Held(identity: identity, document: document)
            self.held.withLock { $0 = held }
            return body(&seen)
        }
        let result = body(&document)
        clock.follow(document.clock)
        try save(document)
        identity = Self.identity(of: path)
        let held = Held(identity: identity, document: document)
        self.held.withLock { $0 = held }
        return result
    }

    // MARK: Reading

    private func load() async throws(SimulationProblem) -> (Identity?, SimulationDocument) {
        let present = Self.identity(of: path)
        let held = self.held.withLock { held in
            defer { held = nil }
            return held
        }
        if let held, held.identity == present { return (present, held.document) }
        do throws(Unreadable) {
            if let document = try Self.read(path) { return (present, document) }
        } catch {
            switch error {
            case .file(let error): throw Self.unavailable("reading the simulated fleet", path, error)
            case .damaged(let reason): throw setAside(reason)
            }
        }
        return (nil, SimulationDocument(clock: SimulatedTime(wall: Machine.wallTime), fleet: FleetState()))
    }

    private enum Unreadable: Error {
        case file(ProcessError)
        case damaged(String)
    }

    /// The document; nil where there is no file.
    private static func read(_ path: String) throws(Unreadable) -> SimulationDocument? {
        let bytes: [UInt8]
        do throws(ProcessError) { bytes = try BoundedFile.read(path, limit: largest) } catch {
            if error.code == .fileMissing { return nil }
            throw .file(error)
        }
        do throws(JSONError) { return try SimulationDocument(parsing: bytes) } catch {
            throw .damaged("\(error)")
        }
    }

    /// How the clock runs by the file's first line; nil where it can't be told.
    static func clock(of path: String) -> SimulatedTime? {
        guard let bytes = try? BoundedFile.beginning(path, SimulationDocument.longestHeading),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        return try? SimulationDocument.clock(parsing: Array(bytes[..<end]))
    }

    private static let mostOfOneSecond = 100

    /// A damaged file is kept under another name: it may be all that explains what happened, and nothing can be done
    /// with it in its place.
    private func setAside(_ reason: String) -> SimulationProblem {
        let time = Timestamp(milliseconds: 0).advanced(by: Machine.wallTime).description
        let name = "\(path).damaged-\(time.prefix(19).filter { $0.isNumber || $0 == "T" })Z"
        // Two of one second are both kept.
        let names = [name] + (2...Self.mostOfOneSecond).map { "\(name)-\($0)" }
        guard let aside = names.first(where: { access($0, F_OK) != 0 }), rename(path, aside) == 0 else {
            return SimulationProblem(
                .damaged, what: "reading the simulated fleet", object: path, reason: reason,
                remedy: "move the file away, then make the fleet anew with gantry bootstrap")
        }
        return SimulationProblem(
            .damaged, what: "reading the simulated fleet", object: path,
            reason: "\(reason); the file is kept as \(aside)",
            remedy: "put a good copy in its place, or make the fleet anew with gantry bootstrap")
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(
            inode: status.st_ino, seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
            size: status.st_size)
    }

    // MARK: Writing

    private func save(_ document: SimulationDocument) throws(SimulationProblem) {
        do {
            try AtomicFile.write(try document.bytes(), to: path, mode: 0o600)
        } catch {
            throw Self.unavailable("keeping the simulated fleet", path, error)
        }
    }

    /// Takes the lock, and leaves word in it of who has it.
    private func lock() async throws(SimulationProblem) -> FileLock {
        let file = "\(path).lock"
        do throws(ProcessError) {
            try Directories.make(directory, mode: 0o700)
            let lock = try await FileLock.take(file, within: patience)
            lock.leave(word: Self.whoWeAre)
            return lock
        } catch {
            guard error.code == .locked else { throw Self.unavailable("locking the simulated fleet", file, error) }
            let holder = FileLock.word(in: file).map { "it is held by \($0)" } ?? error.reason
            throw SimulationProblem(
                .held, what: "changing the simulated fleet", object: path, reason: holder,
                remedy: "wait for that command, or end its process")
        }
    }

    private static var whoWeAre: String {
        let command = CommandLine.arguments.dropFirst().prefix(4).joined(separator: " ").prefix(120)
        return "process \(getpid()) (gantry \(command)) since "
            + Timestamp(milliseconds: 0).advanced(by: Machine.wallTime).description
    }

    private static func unavailable(_ what: String, _ object: String, _ error: any Error) -> SimulationProblem {
        guard let error = error as? ProcessError else {
            return unavailable(what, object, "\(error)", "report this: it should not be")
        }
        let remedy = error.remedy.isEmpty ? "see that the directory can be used" : error.remedy
        return unavailable(what, object, error.reason, remedy)
    }

    private static func unavailable(
        _ what: String, _ object: String, _ reason: String, _ remedy: String
    ) -> SimulationProblem {
        SimulationProblem(.unavailable, what: what, object: object, reason: reason, remedy: remedy)
    }
}
