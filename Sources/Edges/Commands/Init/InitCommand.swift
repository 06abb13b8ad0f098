import FleetConfiguration
import FleetModel
import FleetRuntime
import Glibc

/// `gantry init`.
struct InitCommand: Command {
    private static let directory = Argument<DirectoryPath>(
        .optional, "where to; else --fleet, else $GANTRY_FLEET, else the current directory")
    private static let simulated = Flag("simulated", "a fleet that needs no hosts, to try things on")

    static let definition = CommandDefinition(
        "init", "write a fleet directory with working, commented contents", arguments: [directory],
        options: [simulated], changes: [.dryRun],
        details: [
            "Writes defaults.cfg, assumptions.txt, the image's Dockerfile and the template of the containers. A file that "
                + "is there already stays as it is."
        ],
        examples: [
            .init("gantry init /etc/gantry", "the fleet directory where no other is named"),
            .init("gantry init try --simulated", "three hosts that exist in that directory alone"),
        ], isAudited: false)

    private let directory: String?
    private let isSimulated: Bool
    private let isDryRun: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        directory = arguments[Self.directory]?.path ?? arguments.common.fleet
        isSimulated = arguments[Self.simulated]
        isDryRun = arguments.changes.isDryRun
        if arguments[Self.directory] != nil, arguments.common.fleet != nil {
            throw .usage("DIR and '--fleet' both name a directory", next: arguments.helpCommand)
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let named = directory ?? context.environment[FleetDirectory.variable].flatMap { $0.isEmpty ? nil : $0 } ?? "."
        let fleet = FleetDirectory(path: named.hasPrefix("/") ? named : "\(CommandContext.currentDirectory)/\(named)")
        if isSimulated { try refuseRealFleet(fleet, context) }
        let files: [InitReport.File] =
            if isDryRun {
                NewFleet.files(simulated: isSimulated).map { file in
                    let isThere = access(fleet.file(file.path), F_OK) == 0
                    return InitReport.File(path: file.path, outcome: isThere ? .kept : .missing)
                }
            } else {
                try NewFleet.write(to: fleet, simulated: isSimulated).map {
                    InitReport.File(path: $0.path, outcome: $0.isNew ? .written : .kept)
                }
            }
        context.show(InitReport(directory: fleet.path, files: files, isSimulated: isSimulated))
        return .done
    }
}

extension InitCommand {
    /// Files that exist are kept: a fleet of real hosts would not become a simulated one by that, and the next command would
    /// go to those hosts.
    private func refuseRealFleet(_ fleet: FleetDirectory, _ context: CommandContext) throws(CommandError) {
        guard access(fleet.configurationFile, F_OK) == 0,
            let configuration = try? FleetConfiguration.load(directory: fleet, home: context.environment["HOME"]),
            configuration.specification.cluster.transport != .simulated
        else { return }
        throw CommandError(
            "fleet-not-simulated", "there is a fleet already, and it is not simulated", object: fleet.path,
            reason: "its defaults.cfg would be kept",
            next: "gantry init ANOTHER_DIRECTORY --simulated", exit: .refused)
    }
}

/// What `gantry init` did.
struct InitReport: Report {
    struct File: Hashable, Sendable {
        enum Outcome: String, Hashable, Sendable {
            case written
            /// It was there already.
            case kept
            /// A dry run: it would be written.
            case missing
        }
        var path: String
        var outcome: Outcome
    }

    var directory: String
    var files: [File]
    var isSimulated: Bool

    private var next: String {
        isSimulated
            ? "gantry bootstrap --fleet \(ShellQuoting.word(directory))"
            : "edit \(directory)/defaults.cfg, then: gantry preflight --fleet \(ShellQuoting.word(directory))"
    }

    var json: JSONValue {
        [
            "directory": .string(directory),
            "files": .array(files.map { ["path": .string($0.path), "result": .string($0.outcome.rawValue)] }),
            "next": .string(next),
        ]
    }

    var document: Document {
        let rows = files.map { file -> [Cell] in
            let tone: Tone =
                switch file.outcome {
                case .written: .good
                case .kept: .faint
                case .missing: .notice
                }
            return [Cell(file.path, .strong), Cell(file.outcome.rawValue, tone)]
        }
        let isUnchanged = files.allSatisfy { $0.outcome == .kept }
        return Document([
            .text(Cell(isUnchanged ? "\(directory): everything is there already" : directory)),
            .table(Table("file", [.init("path", ""), .init("result", "")], rows)),
            .pairs([Pair("next", "next", Cell(next))]),
        ])
    }
}
