import FleetConfiguration
import FleetModel
import FleetRuntime
import OperationModel

/// `gantry operation bundle`.
struct OperationBundleCommand: Command {
    private static let output = Option<FilePath>(
        "output", short: "o", "where to write it", default: "gantry-ID.tar.gz in the current directory")
    private static let noStatus = Flag("no-status", "do not look at the cluster as it is now")

    static let definition = CommandDefinition(
        "bundle", "pack what a bug report needs, without secrets, into one file", arguments: [OperationCommands.id],
        options: [output, noStatus],
        details: [
            "Holds the operation with its plan and events, its worker's log, defaults.cfg, the list of operations, the audit of a "
                + "week, and the cluster's status. What stands behind names like password, secret or token is left out "
                + "everywhere, and so are the comments of defaults.cfg; names of hosts, topics and users "
                + "stay. Look into it before you hand it on."
        ],
        examples: [.init("gantry operation bundle -o report.tar.gz", "of the newest operation")])

    /// Of a file that is longer its end is packed: what went wrong stands there.
    private static let mostOfFile = 4 << 20
    /// Seconds for which a cluster that does not answer holds the bundle up.
    private static let patience: Duration = .seconds(30)
    private static let audited: Duration = .seconds(7 * 86_400)

    /// Nil: the newest.
    let id: OperationID?
    let output: FilePath?
    let looks: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = arguments[OperationCommands.id]
        output = arguments[Self.output]
        looks = !arguments[Self.noStatus]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let fleet = try context.knownFleet()
        let (place, configuration) = (fleet.place, fleet.configuration)
        let journal = try context.journal(fleet)
        let record = try OperationCommands.record(id, in: journal)
        let events = try journal.events(of: record.id)
        let progress = OperationProgress.fold(record.plan, events)
        let isAlive = progress.holder?.isAlive ?? false
        let config = Self.text(fleet.directory.configurationFile)
        var files: [(name: String, text: String)] = [
            ("version.json", JSONValue.object(JSONObject([("version", .string(Version.text))])).text(.indented)),
            (
                "operation.json",
                OperationShowReport(
                    record: record, progress: progress, holderIsAlive: isAlive,
                    now: fleet.time()
                ).json.text(.indented)
            ),
            ("events.json", OperationLogReport(record: record, events: events).json.text(.indented)),
            ("plan.json", (try? JSONValue(encoding: record.plan).text(.indented)) ?? "it can't be written"),
            ("worker.log", Self.text(place.log(of: record.id))), ("defaults.cfg", config),
            (
                "audit.json",
                AuditReport(
                    try journal.audit(since: Timestamp.now.advanced(by: .zero - Self.audited), limit: 1000),
                    isAlive: \.isAlive
                ).json.text(.indented)
            ),
            (
                "operations.json",
                OperationListReport(
                    rows: try journal.operations(limit: OperationListReport.limit).map { record in
                        let progress = try OperationProgress.read(record, from: journal)
                        return (record, progress, progress.status(holderIsAlive: progress.holder?.isAlive ?? false))
                    }
                ).json.text(.indented)
            ),
        ]
        if looks {
            let seen: String
            if let configuration {
                seen = await status(configuration, fleet.problem, context)
            } else {
                seen = "it could not be found out: \(fleet.problem?.brief ?? "there is no configuration")"
            }
            files.append(("clusterstatus.json", seen))
        }

        var known: [String] = []
        let specification = configuration?.specification
        let secrets = [specification?.notify?.smtp?.passwordFile, specification?.cluster.registry?.passwordFile]
        for file in secrets.compactMap({ $0 }) { known.append(Self.text(file)) }
        var redaction = SecretRedaction(known: known)
        // Every secret is known before the first text is written: it may stand elsewhere without its name.
        for file in files { redaction.learn(from: file.text) }
        for index in files.indices where files[index].name == "defaults.cfg" {
            files[index].text = SecretRedaction.withoutComments(files[index].text)
        }
        var archive = Archive()
        let now = Timestamp.now
        let directory = "gantry-\(record.id)"
        for file in files {
            var bytes = Array(redaction.redacted(file.text).utf8)
            if bytes.count > Self.mostOfFile {
                bytes = Array("[only its end]\n".utf8) + bytes.suffix(Self.mostOfFile)
            }
            archive.add("\(directory)/\(file.name)", bytes, time: now.milliseconds / 1000)
        }
        let path = output?.path ?? "\(directory).tar.gz"
        let bytes = archive.gzipped()
        try WholeFile.write(bytes, to: path, mode: 0o600)
        context.show(BundleReport(operation: record.id, path: path, bytes: bytes.count, files: files.map(\.name)))
        return .done
    }

    /// The cluster as it is now, or why it can't be told.
    private func status(
        _ configuration: FleetConfiguration, _ problem: ConfigurationError?, _ context: CommandContext
    ) async -> String {
        await withTaskGroup(of: String.self) { group in
            group.addTask {
                do {
                    let status = try await context.withSession(configuration) {
                        try await $0.status(
                            canary: false, directory: configuration.directory, mistake: problem?.brief)
                    }
                    return ClusterStatusReport(status: status).json.text(.indented)
                } catch { return "it could not be found out: \(CommandError(describing: error).message)" }
            }
            group.addTask {
                try? await Task.sleep(for: Self.patience)
                return "it could not be found out within \(Self.patience.components.seconds) s"
            }
            defer { group.cancelAll() }
            return await group.next() ?? ""
        }
    }

    private static func text(_ path: String) -> String {
        guard let bytes = try? WholeFile.read(path) else { return "[\(path) can't be read]" }
        return String(decoding: bytes.suffix(mostOfFile), as: UTF8.self)
    }
}

/// What was packed.
struct BundleReport: Report {
    let operation: OperationID
    let path: String
    let bytes: Int
    let files: [String]

    var json: JSONValue {
        [
            "operation": .string(operation.rawValue), "path": .string(path), "bytes": JSONValue(bytes),
            "files": .array(files.map { .string($0) }),
        ]
    }

    var document: Document {
        Document([
            .text(Cell("operation \(operation): \(files.joined(separator: ", "))")),
            .lines([
                "\(path): \(ByteCount(Int64(bytes))), without what is named like a secret; look into it before you hand it on"
            ]),
        ])
    }
}
