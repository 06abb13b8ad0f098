import FleetRuntime
import OperationModel

/// What the commands of `gantry operation` share.
enum OperationCommands {
    static let id = Argument<OperationID>(
        "ID", .optional, "the operation or the beginning of its id, or none for the newest")

    static let entry = CommandEntry(
        group: "operation", "look at operations, and steer them",
        details: [
            "An operation is the work of one command, kept in the journal step by step. It goes on without the terminal "
                + "that started it."
        ],
        [
            CommandEntry(OperationListCommand.self), CommandEntry(OperationShowCommand.self),
            CommandEntry(OperationLogCommand.self), CommandEntry(OperationAttachCommand.self),
            CommandEntry(OperationPauseCommand.self), CommandEntry(OperationResumeCommand.self),
            CommandEntry(OperationAbortCommand.self), CommandEntry(OperationSetCommand.self),
            CommandEntry(OperationBundleCommand.self),
        ])

    /// Ids that are named when several begin as typed.
    private static let named = 10

    /// The operation that was named, by its id or so much of it that no other begins with, or the newest.
    static func record(_ id: OperationID?, in journal: any OperationStore) throws -> OperationRecord {
        guard let id else {
            if let newest = try journal.operations(limit: 1).first { return newest }
            throw CommandError("no-operation", "no operation has run yet", next: "gantry bootstrap", exit: .refused)
        }
        do throws(StoreError) {
            return try journal.operation(id)
        } catch {
            guard case .unknownOperation = error else { throw error }
            let alike = try journal.operations(limit: journal.history).filter { $0.id.rawValue.hasPrefix(id.rawValue) }
            guard let first = alike.first else { throw error }
            guard alike.count > 1 else { return first }
            let more = alike.count > named ? ["and \(alike.count - named) more"] : []
            throw CommandError(
                "ambiguous-operation", "\(alike.count) operations begin with '\(id)'", next: "type more of its id",
                evidence: alike.prefix(named).map { "\($0.id) \($0.plan.commandLine)" } + more, exit: .refused)
        }
    }
}
