public import FleetModel

/// What a host's nodes are made from: the files to place there, and what the steps need to know of each node.
public struct StampedHost: Hashable, Sendable {
    /// The host.
    public var host: HostName
    /// `docker-compose.yml`, then the properties of each node, by ascending id.
    public var files: [FileToPlace]
    /// The nodes, by ascending id.
    public var nodes: [StampedNode]
}

/// One node as its container sees it.
public struct StampedNode: Hashable, Sendable {
    /// Its place.
    public var placement: NodePlacement
    /// Its Compose service.
    public var service: String
    /// Its container's name.
    public var container: String
    /// The image's reference.
    public var image: String
    /// Who its process runs as: owner of its data directories and of its properties.
    public var user: ContainerUser
    /// What gantry mounts, at the same path in the container.
    public var mounts: [StampedMount]
    /// The absolute path of its properties, on the host and in the container.
    public var propertiesFile: String
    /// The value of `ContainerLabel.config`: another one on the running container means that its configuration has
    /// changed since. Settings that a running node does not need to learn by a restart do not count.
    public var digest: String
}

/// A directory of the host in a container, at the same path.
public struct StampedMount: Hashable, Sendable {
    /// The path.
    public var path: String
    /// Whether the container may only read it.
    public var isReadOnly: Bool
}

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
            var stamp = NodeStamp(node: node, host: host, layout: layout, fleet: fleet)
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

/// Makes one node's service from its role's.
private struct NodeStamp {
    let node: NodePlacement
    let host: HostSpecification
    let layout: ClusterLayout
    let fleet: FleetSpecification

    /// The service, and what there is to know of the node.
    mutating func service(
        _ template: YAMLNode, _ properties: NodeProperties
    ) throws(YAMLError) -> (YAMLNode, StampedNode) {
        let cluster = fleet.cluster.name
        let user = template["user"]?.text.flatMap(ContainerUser.init) ?? .root
        var stamped = StampedNode(
            placement: node, service: ContainerName.service(of: node),
            container: ContainerName.container(of: node, cluster: cluster), image: fleet.cluster.image, user: user,
            mounts: [StampedMount(path: OnHostPath.directory(of: cluster), isReadOnly: true)]
                + node.dataDirectories.map { StampedMount(path: $0, isReadOnly: false) },
            propertiesFile: OnHostPath.properties(of: node.id, cluster: cluster), digest: "")

        var service = template.isNull ? YAMLNode(.mapping([])) : template
        service.set("image", .string(stamped.image.withoutInterpolation))
        service.set("container_name", .string(stamped.container))
        service.set("entrypoint", .strings([InImagePath.serverStart]))
        service.set("command", .strings([stamped.propertiesFile.withoutInterpolation]))
        service.set("user", .string(user.description))
        setMemoryLimit(of: &service)
        if ["network_mode", "networks", "ports"].allSatisfy({ service[$0] == nil }) {
            service.set("network_mode", .string("host"))
        }
        if service["restart"] == nil { service.set("restart", .string("unless-stopped")) }
        let grace = service["stop_grace_period"]?.text.flatMap(ComposeDuration.seconds) ?? 0
        if grace < ComposeTemplate.shortestGrace {
            service.set("stop_grace_period", .string("\(ComposeTemplate.shortestGrace)s"))
        }
        service.set("environment", environment(service["environment"]))
        service.set("volumes", YAMLNode(.sequence((service["volumes"]?.items ?? []) + stamped.mounts.map(\.node))))

        var labels = ComposeMap(service["labels"], missing: .string(""))
        labels[ContainerLabel.cluster] = .string(cluster.rawValue)
        labels[ContainerLabel.clusterID] = .string(layout.clusterID.rawValue.withoutInterpolation)
        labels[ContainerLabel.node] = .string("\(node.id)")
        labels[ContainerLabel.role] = .string(node.role.rawValue)
        service.set("labels", labels.node)
        var fingerprint = Fingerprint()
        fingerprint.add(try service.emitted())
        properties.add(to: &fingerprint)
        stamped.digest = fingerprint.text
        labels[ContainerLabel.config] = .string(stamped.digest)
        service.set("labels", labels.node)
        return (service, stamped)
    }

    /// The heap comes last: of two `-Xmx` Java takes the last.
    private func environment(_ template: YAMLNode?) -> YAMLNode {
        var environment = ComposeMap(template, missing: YAMLNode(.scalar("null", plain: true)))
        let megabytes = host.heap.bytes >> 20
        let own = environment["KAFKA_HEAP_OPTS"].flatMap { $0.isNull ? nil : $0.text } ?? ""
        let heap = "-Xms\(megabytes)m -Xmx\(megabytes)m"
        environment["KAFKA_HEAP_OPTS"] = .string(own.isEmpty ? heap : "\(own) \(heap)")
        return environment.node
    }

    /// `deploy.resources.limits`, where the template has it, must say what `mem_limit` says: Compose v2 refuses two
    /// that differ, and one that is missing beside other limits.
    private func setMemoryLimit(of service: inout YAMLNode) {
        let memory = YAMLNode.string("\(host.memory.bytes)")
        service.set("mem_limit", memory)
        guard var deploy = service["deploy"], var resources = deploy["resources"], var limits = resources["limits"]
        else { return }
        limits.set("memory", memory)
        resources.set("limits", limits)
        deploy.set("resources", resources)
        service.set("deploy", deploy)
    }
}

extension StampedMount {
    /// The long form: a directory that is missing on the host is an error there, not a new empty directory on the
    /// system's disk.
    fileprivate var node: YAMLNode {
        var pairs: [(String, YAMLNode)] = [
            ("type", .string("bind")), ("source", .string(path.withoutInterpolation)),
            ("target", .string(path.withoutInterpolation)),
        ]
        if isReadOnly { pairs.append(("read_only", .yes)) }
        return .map(pairs)
    }
}

extension YAMLNode {
    /// Whether some service is handed a password or the like.
    fileprivate var hasSecret: Bool {
        (self["services"]?.entries ?? []).contains { service in
            ComposeMap(service.value["environment"], missing: .string("")).entries.contains {
                KafkaSettings.isSecret($0.name)
            }
        }
    }
}
