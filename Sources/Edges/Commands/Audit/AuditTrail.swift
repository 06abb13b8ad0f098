import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel
import Threads

/// Where audit records go, who makes them and when.
struct AuditSource: Sendable {
    /// The journal of a fleet, made where there is none yet.
    var journal: @Sendable (_ fleet: FleetDirectory) throws -> (any OperationStore)?
    /// This process.
    var caller: @Sendable () throws -> Holder
    var now: @Sendable () -> Timestamp

    /// This process and its fleets' own journals.
    static let process = AuditSource(
        journal: { try FleetPlace($0).openJournal() }, caller: { try Holder.current() }, now: { .now })
}

extension FleetPlace {
    /// Where the files of a fleet directory lie.
    init(_ fleet: FleetDirectory) { self.init(directory: fleet.path, state: fleet.stateDirectory) }
}

/// The audit record of this invocation: opened before the command has any effect, closed at its end. A process that is
/// killed leaves it open.
final class AuditTrail: Sendable {
    private struct Entry {
        var store: any OperationStore
        var number: Int64
    }
    private struct State {
        var entry: Entry?
        var operation: OperationID?
    }

    private let state = Locked(State())

    /// Opens the record. Without this call the trail leads nowhere, which is right for `version` and its kin.
    /// - Throws: what the store refuses.
    func open(_ record: AuditRecord, in store: any OperationStore) throws(StoreError) {
        let number = try store.openAudit(record)
        state.withLock { $0.entry = Entry(store: store, number: number) }
    }

    /// Opens the record of a command line in the journal of its fleet. Where there is no fleet the command says so
    /// itself. What only looks goes on where no journal can be written.
    /// - Throws: what keeps a record of a changing command from being written: nothing was changed.
    func open(
        _ line: [String], _ parsed: ParsedArguments, changes: Bool, _ context: CommandContext, _ source: AuditSource
    )
        throws
    {
        guard let fleet = try? context.fleet() else { return }
        do {
            guard let store = try source.journal(fleet) else { return }
            let record = AuditRecord(
                caller: try source.caller(), arguments: Redaction.arguments(line), reason: parsed.changes.reason,
                openedAt: source.now())
            try open(record, in: store)
        } catch {
            if changes { throw error }
            context.detail("no audit record: \(CommandError(describing: error).message)")
        }
    }

    /// The operation that the invocation started or steers.
    var operation: OperationID? { state.withLock(\.operation) }

    /// Notes the operation that the invocation started or steers.
    func concerns(_ operation: OperationID) { state.withLock { $0.operation = operation } }

    /// What to say of a record that can't be closed. The command has run, and an operation that it watched may have stopped
    /// for the same reason: its worker could journal neither an effect nor why it stopped.
    func words(for error: StoreError) -> CommandError {
        var said = CommandError(describing: error)
        guard case .full = error else { return said }
        let operation = operation
        said.next =
            "make room on the techhost's disk" + (operation.map { ", then gantry operation resume \($0)" } ?? "")
        return said
    }

    /// Closes the record, once.
    /// - Throws: what the store refuses.
    func close(_ status: ExitStatus, at time: Timestamp) throws(StoreError) {
        let (entry, operation) = state.withLock { state in
            defer { state.entry = nil }
            return (state.entry, state.operation)
        }
        try entry?.store.closeAudit(entry?.number ?? 0, exitCode: status.rawValue, operation: operation, at: time)
    }
}
