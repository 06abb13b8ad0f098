import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry apply`.
struct ApplyCommand: Command {
    private static let file = Argument<FilePath>("FILE", .one, "a plan that gantry plan COMMAND… -o FILE made")

    static let definition = CommandDefinition(
        "apply", "do exactly what a plan's file says, or refuse because the cluster has changed", arguments: [file],
        changes: .operation,
        details: [
            "The plan is proven again, and what it was made from is compared with what is there now: other nodes, brokers that "
                + "serve no more, topics and lists that have changed are shown, and refused (4). So are a file that was edited "
                + "and one of another cluster."
        ],
        examples: [
            .init("gantry apply plan.json -m CHANGE-7", "do what gantry plan … -o plan.json has planned")
        ])

    let path: String
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        path = try arguments.required(Self.file).path
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let file = try OperationPlanFile.read(try WholeFile.read(path), path: path)
        let configuration = try context.configuration()
        guard configuration.specification.cluster.name == file.plan.cluster else {
            throw CommandError(
                "plan-of-another-cluster", "the plan can't be applied", object: path,
                reason:
                    "it is for cluster \(file.plan.cluster), and this fleet is \(configuration.specification.cluster.name)",
                next: "name its fleet directory with --fleet", exit: .refused)
        }
        var planned = file
        if let reason = changes.reason { planned.plan.reason = reason }
        // The command proves it once more; what it does is the file's plan.
        let command = try PlannedCommand.parse(file.words + words)
        return try await command.run(in: context.with(.apply(planned, path: path)))
    }

    /// What of its own options the command must know.
    private var words: [String] {
        var words: [String] = []
        if changes.isDryRun { words.append("--dry-run") }
        if changes.isConfirmed { words.append("--yes") }
        if changes.detaches { words.append("--detach") }
        for accepted in changes.accepted {
            words += ["--accept", accepted.object.map { "\(accepted.code)=\($0)" } ?? accepted.code]
        }
        return words
    }
}
