import FleetModel

/// `k/docker-compose.yml`: the operator's template, read and checked.
///
/// Its services `broker` and `controller` are stamped out once a node; every other service and everything at the top
/// level stays as it is, once a host.
public struct ComposeTemplate: Sendable {
    /// Doubts that stop nothing: settings in the template that gantry replaces.
    public let warnings: [Diagnostic]
    /// The whole document.
    let root: YAMLNode
    /// The services to stamp.
    let services: [NodeRole: YAMLNode]

    /// Reads and checks the template of a fleet directory.
    /// - Throws: `ConfigurationError`: `.notFound` or `.unreadable` for the file, `.invalid` with every mistake in it.
    public static func load(directory: FleetDirectory) throws(ConfigurationError) -> ComposeTemplate {
        guard let bytes = try SmallFile.read(directory.composeTemplate, atMost: YAMLLimits().bytes) else {
            throw ConfigurationError(
                code: .notFound, message: "\(directory.composeTemplate) is missing",
                remedy: "'gantry init \(directory.path)' writes it and leaves every other file as it is")
        }
        return try ComposeTemplate(bytes, file: directory.composeTemplate)
    }

    /// Checks the contents of a template.
    /// - Parameters:
    ///   - bytes: the file's contents.
    ///   - file: its name in messages.
    /// - Throws: `ConfigurationError` with code `.invalid` and every mistake.
    public init(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        var checker = ComposeChecker(file: file)
        let root = checker.read(bytes)
        guard let root, !checker.diagnostics.hasErrors else { throw checker.diagnostics.failure() }
        self.root = root
        services = checker.services
        warnings = checker.diagnostics.warnings
    }
}

/// Finds what would make the stamped file wrong: Compose itself would only say so on the host.
private struct ComposeChecker {
    /// The services that are stamped out; ZooKeeper's is known and left out until that mode comes.
    static let stamped: [NodeRole] = [.broker, .controller]

    var diagnostics: Diagnostics
    var services: [NodeRole: YAMLNode] = [:]

    init(file: String) { diagnostics = Diagnostics(file: file) }

    mutating func read(_ bytes: [UInt8]) -> YAMLNode? {
        do throws(YAMLError) {
            let document = try YAMLDocument(bytes)
            for duplicate in document.duplicates {
                error(
                    "stands here a second time; the first is in line \(duplicate.first.line)", duplicate.mark,
                    duplicate.key)
            }
            guard let root = document.root, root.entries != nil else {
                error("takes keys and values, with 'services' among them", SourceMark(line: 1, column: 1), "")
                return nil
            }
            check(root)
            return root
        } catch let problem {
            error(problem.message, problem.mark, "")
            return nil
        }
    }

    private mutating func error(_ message: String, _ mark: SourceMark, _ path: String, _ suggestion: String? = nil) {
        diagnostics.add(
            .error, SchemaReader.shown(message, 400), at: mark, path: SchemaReader.shown(path, 200),
            suggestion: suggestion)
    }

    private mutating func check(_ root: YAMLNode) {
        if let name = root.entries?.first(where: { $0.key.text == "name" }) {
            diagnostics.add(
                .warning, "is replaced: the project is named after the cluster", at: name.key.mark, path: "name")
        }
        let keys = root.entries?.compactMap(\.key.text) ?? []
        guard let node = root["services"] else {
            error(
                "has no 'services'", root.mark, "",
                Spelling.nearest(to: "services", among: keys).map { _ in "services" })
            return
        }
        guard let services = node.entries else {
            error("takes services by name, and has \(node.kind)", node.mark, "services")
            return
        }
        let names = services.compactMap(\.key.text)
        for role in Self.stamped {
            guard let service = node[role.rawValue] else {
                let near = Spelling.nearest(to: role.rawValue, among: names)
                let place = services.first { $0.key.text == near && near != nil }?.key.mark
                error(
                    "is missing: it is stamped out once a \(role.rawValue)"
                        + (near.map { ", and '\($0)' would stay as it is" } ?? ""), place ?? node.mark,
                    "services.\(role.rawValue)",
                    near.map { _ in role.rawValue })
                continue
            }
            if check(service, role) { self.services[role] = service }
        }
        for entry in services { checkReferences(entry) }
    }

    /// Whether the service of a role can be stamped.
    private mutating func check(_ service: YAMLNode, _ role: NodeRole) -> Bool {
        let path = "services.\(role.rawValue)"
        guard let entries = service.isNull ? [] : service.entries else {
            error("takes keys and values, and has \(service.kind)", service.mark, path)
            return false
        }
        for entry in entries {
            guard let key = entry.key.text else { continue }
            if let reason = Self.refused[key] { error(reason, entry.key.mark, "\(path).\(key)") }
            if let setting = Self.replaced[key] {
                diagnostics.add(
                    .warning, "is replaced: \(setting)", at: entry.key.mark, path: "\(path).\(key)")
            }
            checkShape(key, entry.value, "\(path).\(key)")
        }
        if let restart = service["restart"], restart.text == "always" {
            diagnostics.add(
                .warning, "brings a node back that was stopped on purpose when Docker restarts", at: restart.mark,
                path: "\(path).restart", suggestion: "unless-stopped")
        }
        return true
    }

    private static let refused = [
        "build": "the image comes from cluster.image; build it from k/Dockerfile",
        "extends": "cannot be followed on a host; a YAML anchor does the same",
        "scale": "every node is a service of its own; set brokers in defaults.cfg",
        "profiles": "would keep Compose from starting the node",
        "links": "reaches services by names that change when they are stamped out",
        "volumes_from": "reaches services by names that change when they are stamped out",
    ]

    private static let replaced = [
        "image": "cluster.image of defaults.cfg names it",
        "container_name": "gantry names containers CLUSTER-ROLE-ID",
        "entrypoint": "gantry starts Kafka with the node's properties",
        "command": "gantry starts Kafka with the node's properties",
        "mem_limit": "memory of defaults.cfg sets it",
    ]

    /// The few settings that gantry merges with its own must have a shape that can be merged.
    private mutating func checkShape(_ key: String, _ value: YAMLNode, _ path: String) {
        switch key {
        case "labels", "environment":
            if value.isNull { return }
            if let items = value.items {
                for item in items where item.text == nil {
                    error("takes NAME=VALUE, and has \(item.kind)", item.mark, path)
                }
            } else if let entries = value.entries {
                for entry in entries where entry.value.text == nil {
                    error(
                        "takes a single value, and has \(entry.value.kind)", entry.value.mark,
                        "\(path).\(entry.key.text ?? "")")
                }
            } else {
                error("takes a mapping or a list of NAME=VALUE, and has \(value.kind)", value.mark, path)
            }
        case "volumes":
            if !value.isNull, value.items == nil { error("takes a list, and has \(value.kind)", value.mark, path) }
        case "stop_grace_period":
            if ComposeDuration.seconds(value.text ?? "") == nil {
                error("is not a time such as 330s or 5m30s", value.mark, path)
            }
        case "user":
            if ContainerUser(value.text ?? "") == nil {
                error(
                    "takes numbers, UID or UID:GID: names in the image mean nothing to the host's directories",
                    value.mark,
                    path)
            }
        default: break
        }
    }

    /// A reference to a stamped service by its name in the template would make the whole file invalid.
    private mutating func checkReferences(_ service: YAMLEntry) {
        guard let name = service.key.text else { return }
        let names = Set((Self.stamped + [.zookeeper]).map(\.rawValue))
        let wanted = service.value["depends_on"]
        for item in (wanted?.items ?? []) + (wanted?.entries?.map(\.key) ?? []) {
            guard let target = item.text, names.contains(target) else { continue }
            error(
                "'\(target)' is stamped out under other names; nodes wait for each other by themselves", item.mark,
                "services.\(name).depends_on")
        }
        for key in ["network_mode", "ipc", "pid"] {
            guard let value = service.value[key], let text = value.text, text.hasPrefix("service:"),
                names.contains(String(text.dropFirst(8)))
            else { continue }
            error(
                "'\(text)' names a service that is stamped out under other names", value.mark, "services.\(name).\(key)"
            )
        }
    }
}
