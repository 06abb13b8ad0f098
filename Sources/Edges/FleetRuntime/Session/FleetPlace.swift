import Glibc
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

    /// The journal when there is one: looking at a fleet makes no files, and needs no room and no right to write.
    /// - Throws: `StoreError` also where it can't be seen whether there is one: another user's state is not no state.
    public func existingJournal() throws(StoreError) -> (any OperationStore)? {
        var status = stat()
        guard lstat(journal, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw StoreError.unavailable(
                what: "looking for the journal", file: journal, reason: String(cString: strerror(errno)),
                remedy: "run gantry as the user whose fleet it is, or see what \(state) is")
        }
        return try OperationJournal.openExisting(journal)
    }
}
