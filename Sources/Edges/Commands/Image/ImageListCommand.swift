import FleetModel
import FleetRuntime
import Observation

/// `gantry image list`.
struct ImageListCommand: Command {
    private static let hosts = Argument<HostName>("HOST", .any, "the hosts to look at, or none for all")

    static let definition = CommandDefinition(
        "list", "tell which digest is on which host and which one its nodes run", arguments: [hosts],
        details: [
            "The digest that is meant is that of the archive, the registry or the techhost's Docker; where none of them has "
                + "the image, that of the hosts, if they all have the same.",
            "Exit status: 0 every host has it and every node runs it, 1 not so, 3 a host did not tell.",
        ])

    let hosts: [HostName]

    init(_ arguments: ParsedArguments) throws(CommandError) { hosts = arguments.all(Self.hosts) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let wanted = try ImageCommands.hosts(hosts, of: configuration)
        let look = try await context.whileLooking(.hosts(of: configuration)) {
            try await context.withSession(configuration) { await $0.images(wanted) }
        }
        let report = ImageListReport(look: look)
        context.show(report)
        return report.exit
    }
}

/// Which digest is where.
struct ImageListReport: Report {
    let look: ImageLook

    var exit: ExitStatus {
        ExitStatus.worst(
            of: look.hosts.map { host in
                switch host.state {
                case .unknown: .unknown
                case .absent, .other: .warning
                case .present: host.nodes.allSatisfy(\.isCurrent) && look.defect == nil ? .done : .warning
                }
            })
    }

    var json: JSONValue {
        [
            "image": .string(look.image), "source": .string(look.authority.rawValue),
            "digests": .array(look.digests.map { .string($0) }), "defect": .string(orNull: look.defect?.reason),
            "hosts": .array(
                look.hosts.map { host in
                    [
                        "host": .string(host.host.rawValue), "state": .string(host.state.rawValue),
                        "digest": .string(orNull: host.digest), "architecture": .string(orNull: host.architecture),
                        "nodes": .array(
                            host.nodes.map { node in
                                [
                                    "id": .integer(Int64(node.id.rawValue)),
                                    "role": .string(orNull: node.role?.rawValue), "digest": .string(node.digest),
                                    "current": .bool(node.isCurrent),
                                ]
                            }), "reason": .string(orNull: host.problem?.reason),
                        "remedy": .string(orNull: host.problem?.remedy),
                    ]
                }), "findings": .array(findings.map(\.json)),
        ]
    }

    var document: Document {
        var blocks: [Document.Block] = [
            .pairs([
                Pair("image", "image", Cell(look.image, .strong)),
                Pair(
                    "meant", "meant",
                    look.digests.isEmpty
                        ? Cell(look.defect?.reason ?? "nobody says which: the hosts would pull it", .notice, exact: "")
                        : Cell(
                            look.digests.map(ImageCommands.short).joined(separator: " or ") + " by \(authority)",
                            exact: look.digests.joined(separator: " "))),
            ]),
            .table(
                Table(
                    "host",
                    [
                        .init("host", "HOST"), .init("state", "STATE"), .init("digest", "DIGEST"),
                        .init("nodes", "NODES", canShrink: true),
                    ], look.hosts.map(row))),
        ]
        if !findings.isEmpty { blocks.append(.findings(findings)) }
        return Document(blocks)
    }

    private var authority: String {
        switch look.authority {
        case .archive: "the archive"
        case .techhost: "the techhost's Docker"
        case .registry: "the registry"
        case .hosts, .none: "the hosts"
        }
    }

    private func row(_ host: HostImage) -> [Cell] {
        let tone: Tone =
            switch host.state {
            case .present: .good
            case .other, .absent: .notice
            case .unknown: .unknown
            }
        let old = host.nodes.filter { !$0.isCurrent }
        let nodes = host.nodes.map(\.id.description).joined(separator: ", ")
        return [
            Cell(host.host.rawValue, .strong), Cell(host.state.rawValue, tone),
            host.digest.map { Cell(ImageCommands.short($0), exact: $0) } ?? .none,
            host.nodes.isEmpty
                ? .none
                : old.isEmpty
                    ? Cell(nodes)
                    : Cell("\(nodes); another image: \(old.map(\.id.description).joined(separator: ", "))", .notice),
        ]
    }

    /// What does not fit together, and what to do about it.
    var findings: [FindingRow] {
        var rows: [FindingRow] = []
        if let defect = look.defect {
            rows.append(
                FindingRow(
                    Cell("warning", .notice), rule: defect.code, subject: "image \(look.image)",
                    evidence: defect.reason, remedy: defect.remedy))
        }
        for host in look.hosts {
            switch host.state {
            case .unknown:
                rows.append(
                    FindingRow(
                        Cell("unknown", .unknown), rule: host.problem?.code ?? "unknown", subject: "host \(host.host)",
                        evidence: host.problem?.reason ?? "", remedy: host.problem?.remedy ?? ""))
            case .absent, .other:
                rows.append(
                    FindingRow(
                        Cell("warning", .notice), rule: host.state == .absent ? "image-absent" : "image-other",
                        subject: "host \(host.host)",
                        evidence: host.state == .absent
                            ? "it has no image \(look.image)"
                            : "\(look.image) is \(ImageCommands.short(host.digest ?? "")) there",
                        remedy: "gantry image distribute \(host.host)"))
            case .present: break
            }
            let old = host.nodes.filter { !$0.isCurrent }
            guard host.state != .unknown, !old.isEmpty else { continue }
            let names = old.map(\.id.description)
            rows.append(
                FindingRow(
                    Cell("warning", .notice), rule: "image-drift", subject: "host \(host.host)",
                    evidence: "\(counted(old.count, "node")) (\(names.joined(separator: ", "))) "
                        + "\(old.count == 1 ? "runs" : "run") another image than the host has under the name",
                    remedy: "gantry restart \(names.joined(separator: " "))"))
        }
        return rows
    }
}

extension FindingRow {
    /// As a list of findings has it in JSON.
    fileprivate var json: JSONValue {
        [
            "rule": .string(rule), "severity": .string(severity.text), "subject": .string(subject),
            "evidence": .string(evidence), "remedy": .string(remedy),
        ]
    }
}
