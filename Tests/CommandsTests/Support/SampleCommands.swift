import FleetModel

@testable import Commands
@testable import enum Commands.ExitStatus

/// A table with one of everything that a definition can have, whatever the product's own table has today.
extension CommandTable {
    static let sample = CommandTable([
        CommandEntry(AddHost.self), CommandEntry(RemoveBroker.self), CommandEntry(Status.self),
        CommandEntry(
            group: "operation", "look at operations", details: ["A group."],
            [CommandEntry(OperationList.self), CommandEntry(OperationResume.self)]),
        CommandEntry(Hidden.self), CommandEntry(CompletionCommand.self), CommandEntry(VersionCommand.self),
        CommandEntry(HelpCommand.self),
    ])
}

/// Shows what it was given.
struct Echo: Report {
    let values: [(String, String)]
    var json: JSONValue { .object(JSONObject(values.map { ($0.0, .string($0.1)) })) }
    var document: Document { Document([.pairs(values.map { Pair($0.0, $0.0, Cell($0.1)) })]) }
}

extension ChangeValues {
    var said: [(String, String)] {
        var parts: [String] = []
        if isDryRun { parts.append("dry-run") }
        if isConfirmed { parts.append("yes") }
        if detaches { parts.append("detach") }
        if !usesCanary { parts.append("no-canary") }
        parts += accepted.map { "accept:\($0.code)" + ($0.object.map { "@\($0)" } ?? "") }
        return [("changes", parts.joined(separator: " ")), ("reason", reason ?? "")]
    }
}

struct AddHost: Command {
    static let host = Argument<HostName>(.one, "the host to add")
    static let hosts = Option<HostList>("beside", short: "b", "hosts beside it")
    static let definition = CommandDefinition(
        "addhost", "add a host", arguments: [host], options: [hosts], changes: .everything,
        examples: [.init("gantry addhost 10.0.0.14", "one more")])
    let values: [(String, String)]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        let beside = arguments[Self.hosts]?.hosts.map(\.rawValue).joined(separator: "+") ?? ""
        values = [("host", try arguments.required(Self.host).rawValue), ("beside", beside)] + arguments.changes.said
    }
    func run(in context: CommandContext) async throws -> ExitStatus {
        context.show(Echo(values: values))
        return .done
    }
}

struct RemoveBroker: Command {
    static let ids = Argument<NodeIDList>(.one, "the brokers")
    static let first = Argument<NodeID>("FIRST", .optional, "the first target")
    static let last = Argument<NodeID>("LAST", .optional, "the last target")
    static let definition = CommandDefinition(
        "removebroker", "remove brokers", arguments: [ids, first, last], changes: .operation)
    let values: [(String, String)]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        let (first, last) = (arguments[Self.first], arguments[Self.last])
        if first != nil, last == nil { throw .usage("LAST is missing", next: arguments.helpCommand) }
        values = [
            ("ids", try arguments.required(Self.ids).ids.map(\.description).joined(separator: "+")),
            ("targets", first.map { "\($0)-\(last?.description ?? "")" } ?? "all"),
        ]
    }
    func run(in context: CommandContext) async throws -> ExitStatus {
        context.show(Echo(values: values))
        return .done
    }
}

struct Status: Command {
    static let subjects = Argument<String>("HOST|BROKER", .any, "what to look at")
    static let since = Option<TimeSpan>("since", "how far to look back", default: "7d")
    static let limit = Option<Count>("limit", short: "n", "how many")
    static let definition = CommandDefinition(
        "clusterstatus", "check the cluster", arguments: [subjects], options: [since, limit], changes: .noCanary)
    let values: [(String, String)]

    init(_ arguments: ParsedArguments) throws(CommandError) {
        values = [
            ("subjects", arguments.all(Self.subjects).joined(separator: "+")),
            ("since", arguments[Self.since].map { "\($0.duration)" } ?? ""),
            ("limit", arguments[Self.limit].map { "\($0.value)" } ?? ""),
            ("verbosity", "\(arguments.common.verbosity)"), ("quiet", "\(arguments.common.isQuiet)"),
            ("fleet", arguments.common.fleet ?? ""),
        ]
    }
    func run(in context: CommandContext) async throws -> ExitStatus {
        context.show(Echo(values: values))
        return .warning
    }
}

struct OperationList: Command {
    static let definition = CommandDefinition("list", "list the operations")
    init(_ arguments: ParsedArguments) throws(CommandError) {}
    func run(in context: CommandContext) async throws -> ExitStatus {
        context.show(Echo(values: [("operations", "none")]))
        return .done
    }
}

struct OperationResume: Command {
    static let definition = CommandDefinition("resume", "go on", changes: [.yes, .reason])
    let changes: ChangeValues
    init(_ arguments: ParsedArguments) throws(CommandError) { changes = arguments.changes }
    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.confirm("Go on?", changes) ? .done : .refused
    }
}

/// Fails in the ways that a command can.
struct Hidden: Command {
    static let how = Argument<String>("HOW", .one, "how it fails")
    static let definition = CommandDefinition("hidden", "fail", arguments: [how], isHidden: true)
    let how: String
    init(_ arguments: ParsedArguments) throws(CommandError) { how = try arguments.required(Self.how) }
    struct Foreign: Error {}
    func run(in context: CommandContext) async throws -> ExitStatus {
        switch how {
        case "cancelled": throw CancellationError()
        case "foreign": throw Foreign()
        case "late":
            context.show(Echo(values: [("result", "failed")]))
            throw CommandError("late", "it failed at the end")
        default:
            throw CommandError(
                "port-in-use", "broker 3 does not start", object: "broker 3 on 10.0.0.11",
                reason: "port 9092 is in use", next: "gantry bootstrap", evidence: ["line 1", "line 2"])
        }
    }
}
