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
}
