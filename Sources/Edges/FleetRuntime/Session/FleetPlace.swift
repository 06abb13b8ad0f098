public import HealthRules
import OperationJournal
public import OperationModel
import Processes

/// Where a fleet's files lie on the techhost.
public struct FleetPlace: Hashable, Sendable {
    /// The fleet directory, absolute.
    public let directory: String
    /// Where the tool keeps what is its own, absolute.
    public let state: String

    /// A fleet in `directory` with its state in `state`.
    public init(directory: String, state: String) { (self.directory, self.state) = (directory, state) }

    /// The journal's file.
    var journal: String { "\(state)/journal.sqlite" }

    /// Mail that waits to be sent, and of a simulated fleet without a server all that was sent.
    public var mail: String { "\(state)/mail" }

    /// Mail that could not be sent so far.
    public var mailBacklog: MailBacklog { MailSpool(directory: mail).backlog }

    /// The log of an operation's worker.
    public func log(of operation: OperationID) -> String { "\(state)/\(operation).log" }

    /// Opens the journal, making the state directory (mode 0700) at first need.
    /// - Throws: `StoreError` that names the file and what to do.
    public func openJournal() throws(StoreError) -> any OperationStore {
        do throws(ProcessError) {
            try Directories.make(state, mode: 0o700)
        } catch {
            throw StoreError.unavailable(
                what: "making the state directory", file: state, reason: "\(error)",
                remedy: "run gantry as a user who can write there, or name another fleet directory with --fleet")
        }
        return try OperationJournal.open(journal)
    }

    /// The journal when there is one: looking at a fleet makes no files.
    public func existingJournal() throws(StoreError) -> (any OperationStore)? {
        guard Self.exists(journal) else { return nil }
        return try OperationJournal.open(journal)
    }

    private static func exists(_ path: String) -> Bool {
        (try? Directories.entries(Directories.parent(of: path)))?.contains { path.hasSuffix("/\($0)") } ?? false
    }
}
