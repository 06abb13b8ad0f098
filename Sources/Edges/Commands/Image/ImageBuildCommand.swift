import FleetConfiguration
import FleetModel
import FleetRuntime
import Glibc
import Observation

/// `gantry image build`.
struct ImageBuildCommand: Command {
    private static let host = Argument<HostName>(
        "HOST", .optional, "whose Docker makes it; else the techhost's, or the first host's where that has none")
    private static let airgapped = Flag("airgapped", "make it from k/Dockerfile.airgapped, without any network")

    static let definition = CommandDefinition(
        "build", "make the image from k/Dockerfile", arguments: [host], options: [airgapped],
        changes: [.dryRun, .yes, .reason],
        details: [
            "The directory k/ is sent to the builder, and the result is called cluster.image. gantry image distribute "
                + "brings it to the hosts.",
            "With --airgapped it is made from what lies in k/ alone: Kafka's release and a linked JRE; the base image must "
                + "be in the builder's Docker already.",
        ],
        examples: [
            .init("gantry image build", "on the techhost, or on the first host"),
            .init("gantry image build 10.0.0.11 --airgapped --yes", "on one host, without any network"),
        ])

    let host: HostName?
    let airgapped: Bool
    let changes: ChangeValues

    init(_ arguments: ParsedArguments) throws(CommandError) {
        host = arguments[Self.host]
        airgapped = arguments[Self.airgapped]
        changes = arguments.changes
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        if let host { _ = try ImageCommands.hosts([host], of: configuration) }
        return try await context.withSession(configuration) { session in
            let order = await session.imageBuild(on: host, airgapped: airgapped, directory: configuration.directory)
            try check(order, configuration)
            let place = order.host?.rawValue ?? "the techhost"
            guard !changes.isDryRun else {
                context.show(ImageBuildReport(order: order, digest: nil))
                return .done
            }
            guard try context.confirm("Make \(order.reference) from k/\(order.file) on \(place)?", changes) else {
                return .refused
            }
            let digest: String
            do throws(HostProblem) {
                digest = try await session.build(order) { context.note($0) }
            } catch {
                throw CommandError(
                    error.code, "the image can't be made", object: place, reason: error.reason, next: error.remedy,
                    evidence: error.evidence)
            }
            context.show(ImageBuildReport(order: order, digest: digest))
            return .done
        }
    }

    /// What the builder would stumble over late, or silently make wrong.
    private func check(_ order: PlannedImage, _ configuration: FleetConfiguration) throws(CommandError) {
        let file = "\(order.directory)/\(order.file)"
        guard access(file, R_OK) == 0 else {
            throw CommandError(
                "no-dockerfile", "there is nothing to make the image from", object: file,
                reason: String(cString: strerror(errno)),
                next: "gantry init \(configuration.directory.path) writes one", exit: .refused)
        }
        let bytes = try WholeFile.read(file)
        // An image made from itself under its own name would be another one each time.
        let bases = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.first?.uppercased() == "FROM" ? words.dropFirst().first { !$0.hasPrefix("--") } : nil
        }
        if bases.contains(where: { $0 == order.reference }) {
            throw CommandError(
                "image-name", "the image would take the name of the one it is made from", object: order.reference,
                reason: "\(file) says FROM \(order.reference)",
                next: "name what it makes in cluster.image: gantry/kafka:"
                    + "\(configuration.specification.cluster.version)",
                exit: .refused)
        }
        guard airgapped, configuration.specification.cluster.transport != .simulated else { return }
        let kafka = "\(order.directory)/kafka_2.13-\(configuration.specification.cluster.version).tgz"
        for (path, what) in [(kafka, "Kafka's release"), ("\(order.directory)/jre/bin/java", "a linked JRE")]
        where access(path, F_OK) != 0 {
            throw CommandError(
                "airgapped-parts", "\(what) is missing", object: path, reason: String(cString: strerror(errno)),
                next: "put it there: \(file) says how", exit: .refused)
        }
    }
}

/// What was made, or would be.
struct ImageBuildReport: Report {
    let order: PlannedImage
    /// Nil: nothing was made.
    let digest: String?

    var json: JSONValue {
        [
            "image": .string(order.reference), "host": .string(order.host?.rawValue ?? "techhost"),
            "dockerfile": .string("\(order.directory)/\(order.file)"), "digest": .string(orNull: digest),
            "result": .string(digest == nil ? "planned" : "done"),
        ]
    }

    var document: Document {
        Document([
            .pairs([
                Pair("image", "image", Cell(order.reference, .strong)),
                Pair(
                    "host", "made on",
                    Cell(order.host?.rawValue ?? "the techhost", exact: order.host?.rawValue ?? "techhost")),
                Pair("dockerfile", "from", Cell("\(order.directory)/\(order.file)")),
                Pair("digest", "digest", digest.map { Cell($0, .good) } ?? Cell("not made", .notice, exact: "")),
            ])
        ])
    }
}
