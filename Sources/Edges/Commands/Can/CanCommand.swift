import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules

/// `gantry can`.
struct CanCommand: Command {
    private static let action = Argument<CanAction>("stop|restart|remove", .one, "what is meant to be done")
    private static let areDead = Flag("dead", "of remove: hosts that do not answer are gone for good")
    private static let targets = Argument<NodeOrHost>("BROKER|HOST", .several, "node ids and hosts")

    static let definition = CommandDefinition(
        "can", "say whether nodes or hosts may be stopped, restarted or removed now", arguments: [action, targets],
        options: [areDead], changes: [.accept],
        details: [
            "Looks, changes nothing, and says yes (0), no (4) or that it could not be found out (3). Everything that is in the "
                + "way is shown by cause, with how much it is about, examples, and the smallest remedy; the codes are those of "
                + "refusals and of --accept.",
            "stop judges all of them together, at once; restart one after the other; remove as a drain of all of them.",
        ],
        examples: [
            .init("gantry can stop 10.0.0.12", "before a host's maintenance"),
            .init("gantry can remove 10.0.0.13 --dead", "what removehost of a host that burnt down would say"),
            .init("gantry can restart 3 9001 --format json", "two nodes, one after the other, for a script"),
        ], isAudited: false, isQuestion: true)

    let action: ActionVerdict.Action
    let targets: [NodeOrHost]
    let areDead: Bool
    let accepted: [Acceptance]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        action = try arguments.required(Self.action).action
        targets = arguments.all(Self.targets)
        areDead = arguments[Self.areDead]
        if areDead, action != .remove {
            throw .usage(
                "--dead is for remove alone: what is gone is neither stopped nor restarted", next: arguments.helpCommand
            )
        }
        accepted = arguments.changes.accepted.map { Acceptance(code: $0.code, object: $0.object) }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let (action, targets, areDead, accepted) = (action, targets.map(\.target), areDead, accepted)
        let verdict = try await context.whileLooking(.hosts(of: configuration)) {
            try await context.withSession(configuration) {
                try await $0.verdict(
                    action, targets, areDead: areDead, accepted: accepted, directory: configuration.directory)
            }
        }
        let report = CanReport(action: action, targets: self.targets.map(\.text), verdict: verdict)
        context.show(report)
        return report.exit
    }
}

/// `stop`, `restart` or `remove`.
struct CanAction: ArgumentValue, Hashable {
    let action: ActionVerdict.Action

    init?(argument: String) {
        guard let action = ActionVerdict.Action(rawValue: argument) else { return nil }
        self.action = action
    }

    private static let words = ActionVerdict.Action.allCases.map(\.rawValue)
    static var placeholder: String { words.joined(separator: "|") }
    static var expectation: String { "one of \(words.joined(separator: ", "))" }
    static var completion: CompletionHint { .words(words) }
}
