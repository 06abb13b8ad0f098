import OperationModel

/// What the commands of `gantry operation` share.
enum OperationCommands {
    static let id = Argument<OperationID>("ID", .optional, "the operation, or none for the newest")

    static let entry = CommandEntry(
        group: "operation", "look at operations, and steer them",
        details: [
            "An operation is the work of one command, kept in the journal step by step. It goes on without the terminal "
                + "that started it."
        ],
        [
            CommandEntry(OperationListCommand.self), CommandEntry(OperationShowCommand.self),
            CommandEntry(OperationLogCommand.self), CommandEntry(OperationAttachCommand.self),
            CommandEntry(OperationResumeCommand.self), CommandEntry(OperationAbortCommand.self),
        ])

    /// The operation that was named, or the newest.
    static func record(_ id: OperationID?, in journal: any OperationStore) throws -> OperationRecord {
        if let id { return try journal.operation(id) }
        guard let newest = try journal.operations(limit: 1).first else {
            throw CommandError("no-operation", "no operation has run yet", next: "gantry bootstrap", exit: .refused)
        }
        return newest
    }
}
