public import FleetModel

extension ComposeTemplate {
    /// Docker's ten seconds would kill a broker in the middle of its shutdown, which takes up to five minutes.
    static let shortestGrace: Int64 = 330
    /// Compose v1 wants a version and knows all of ours in this one; v2 ignores it.
    static let version = "2.4"

    /// The files of one host.
    /// - Parameters:
    ///   - host: its settings.
    ///   - layout: all nodes of the cluster; those of this host are stamped.
    ///   - fleet: the cluster's settings.
    /// - Returns: the files and nodes of the host; without a node, a Compose file without services.
    /// - Throws: `ConfigurationError` with code `.invalid` when the result cannot be written as YAML.
    public func stamped(
        for host: HostSpecification, layout: ClusterLayout, fleet: FleetSpecification
    ) throws(ConfigurationError) -> StampedHost {
        let cluster = fleet.cluster.name
        let present = layout.nodes(on: host.host)
        var services: [(String, YAMLNode)] = []
        var nodes: [StampedNode] = []
        var files: [FileToPlace] = []
        for node in present {
            guard let template = self.services[node.role] else { continue }
            let properties = NodeProperties(of: node, on: host, layout: layout, fleet: fleet)
            let stamp = NodeStamp(node: node, host: host, layout: layout, fleet: fleet)
            let (service, stamped) = try named { () throws(YAMLError) in try stamp.service(template, properties) }
            services.append((stamped.service, service))
            nodes.append(stamped)
            files.append(
                FileToPlace(
                    path: stamped.propertiesFile, contents: Array(properties.text.utf8), mode: properties.mode))
        }
        var root = self.root
        let others = (root["services"]?.entries ?? []).filter { entry in
            !NodeRole.allCases.contains { $0.rawValue == entry.key.text }
        }
        let stamped = services.map { YAMLEntry(key: .string($0.0), value: $0.1) }
        root.remove("name")
        let hasVersion = root["version"] != nil
        root.set("services", YAMLNode(.mapping(stamped + others)))
        if !hasVersion, let entries = root.entries {
            let version = YAMLEntry(key: .string("version"), value: .string(Self.version))
            root.content = .mapping([version] + entries)
        }
        let document = root
        let body = try named { () throws(YAMLError) in try document.emitted() }
        let header = """
            # Cluster \(cluster) on \(host.host). Written by gantry and overwritten by it: change k/docker-compose.yml
            # or defaults.cfg in the fleet directory instead.

            """
        let file = FileToPlace(
            path: OnHostPath.composeFile(of: cluster), contents: Array(header.utf8) + body,
            mode: root.hasSecret ? 0o600 : 0o644)
        return StampedHost(host: host.host, files: [file] + files, nodes: nodes)
    }

    private func named<Value>(_ body: () throws(YAMLError) -> Value) throws(ConfigurationError) -> Value {
        do throws(YAMLError) {
            return try body()
        } catch {
            throw ConfigurationError(
                code: .invalid, message: "k/docker-compose.yml \(error.message)",
                remedy: "simplify the template and run the command again; nothing was changed")
        }
    }
}

extension YAMLNode {
    /// Whether some service is handed a password or the like.
    var hasSecret: Bool {
        (self["services"]?.entries ?? []).contains { service in
            ComposeMap(service.value["environment"], missing: .string("")).entries.contains {
                KafkaSettings.isSecret($0.name)
            }
        }
    }
}
