public import FleetModel
import Operations

/// What a placed Compose file says of its services.
///
/// It reads the block style in which gantry writes these files, as far as Docker acts on it here: it is no YAML parser.
struct ComposeFile {
    struct Service: Equatable {
        var name: String
        var containerName: String
        var image = ""
        var restart = RestartPolicy.no
        /// The `.properties` file that its command names.
        var properties: String?
        var labels: [String: String] = [:]
        /// `mem_limit` in bytes.
        var memory: Int64?

        var node: NodeID? { labels[ContainerLabel.node].flatMap { NodeID($0) } }
        var role: NodeRole? { labels[ContainerLabel.role].flatMap(NodeRole.init(rawValue:)) }
    }

    private(set) var services: [Service] = []

    func service(_ name: String) -> Service? { services.first { $0.name == name } }

    init(_ text: some StringProtocol) {
        var isInServices = false
        var key = ""
        for line in String(text).split(whereSeparator: \.isNewline) {
            let indentation = line.prefix { $0 == " " }.count
            let words = line.dropFirst(indentation)
            if words.first == "#" || words.isEmpty { continue }
            if indentation == 0 {
                isInServices = words == "services:"
                continue
            }
            guard isInServices else { continue }
            if indentation == 2, let name = Self.pair(words)?.name {
                services.append(Service(name: name, containerName: name))
                key = ""
            } else if !services.isEmpty {
                read(words, indentation, &key, of: &services[services.count - 1])
            }
        }
    }

    private func read(_ words: Substring, _ indentation: Int, _ key: inout String, of service: inout Service) {
        if words.hasPrefix("- ") {
            let item = Self.scalar(words.dropFirst(2))
            if key == "command", item.hasSuffix(".properties") { service.properties = item }
            return
        }
        guard let (name, value) = Self.pair(words) else { return }
        if indentation > 4 {
            if key == "labels" { service.labels[name] = value }
            return
        }
        key = name
        switch name {
        case "container_name": service.containerName = value
        case "image": service.image = value
        case "restart": service.restart = RestartPolicy(rawValue: value) ?? .no
        case "mem_limit": service.memory = Int64(value)
        default: break
        }
    }

    private static func pair(_ words: Substring) -> (name: String, value: String)? {
        guard let colon = words.firstIndex(of: ":") else { return nil }
        let rest = words[words.index(after: colon)...]
        guard rest.isEmpty || rest.first == " " else { return nil }
        return (scalar(words[..<colon]), scalar(rest))
    }

    private static func scalar(_ text: Substring) -> String {
        let words = text.drop { $0 == " " }
        guard words.count >= 2, let quote = words.first, quote == "\"" || quote == "'", words.last == quote else {
            return String(words)
        }
        return String(words.dropFirst().dropLast()).replacing("\\\"", with: "\"")
    }
}

/// When Docker starts a container again by itself.
public enum RestartPolicy: String, Hashable, Sendable, Codable {
    /// Never.
    case no
    /// Whenever its process ends.
    case onFailure = "on-failure"
    /// Whenever it does not run, one that was stopped by hand included, when Docker starts.
    case always
    /// Unless it was stopped or killed by hand.
    case unlessStopped = "unless-stopped"
}

/// A node's `.properties` file, as far as the simulation knows it.
struct NodeProperties {
    private(set) var values: [String: String] = [:]

    init(_ text: some StringProtocol) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") && !line.hasPrefix("!") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[String(parts[0].filter { $0 != " " })] = String(parts[1].drop { $0 == " " })
        }
    }

    var node: NodeID? { values["node.id"].flatMap { NodeID($0) } }
    var directories: [String] { (values["log.dirs"] ?? "").split(separator: ",").map(String.init) }
    /// What it advertises: the first of its listeners.
    var endpoint: Endpoint? {
        guard let listener = values["advertised.listeners"]?.split(separator: ",").first,
            let place = listener.firstRange(of: "://").map({ listener[$0.upperBound...] }),
            let colon = place.lastIndex(of: ":"), let port = UInt16(place[place.index(after: colon)...])
        else { return nil }
        let host = place[..<colon]
        return Endpoint(host: String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host), port: port)
    }
}

/// The files of nodes, for tests that stamp no template: what gantry's own say, and no more.
public enum PlainFiles {
    /// The properties of `node`.
    public static func properties(of node: NodePlacement, settings: [String: String] = [:]) -> [UInt8] {
        var lines = [
            "node.id=\(node.id)", "process.roles=\(node.role.rawValue)",
            "advertised.listeners=\(node.role == .broker ? "PLAINTEXT" : "CONTROLLER")://\(node.endpoint)",
            "log.dirs=\(node.dataDirectories.joined(separator: ","))",
        ]
        if node.role == .broker { lines.append("broker.rack=\(node.host)") }
        lines += settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// The Compose file of the nodes on one host.
    public static func compose(
        _ nodes: [NodePlacement], cluster: ClusterName, clusterID: ClusterID, image: String
    ) -> [UInt8] {
        let services = nodes.map { node in
            """
              \(ContainerName.service(of: node)):
                restart: unless-stopped
                image: "\(image)"
                container_name: \(ContainerName.container(of: node, cluster: cluster))
                command:
                - \(OnHostPath.properties(of: node.id, cluster: cluster))
                labels:
                  \(ContainerLabel.cluster): \(cluster)
                  \(ContainerLabel.clusterID): \(clusterID)
                  \(ContainerLabel.node): "\(node.id)"
                  \(ContainerLabel.role): \(node.role.rawValue)
            """
        }
        return Array(("services:\n" + services.joined(separator: "\n") + "\n").utf8)
    }
}
