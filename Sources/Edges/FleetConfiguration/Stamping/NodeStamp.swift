import FleetModel

/// Makes one node's service from its role's.
struct NodeStamp {
    let node: NodePlacement
    let host: HostSpecification
    let layout: ClusterLayout
    let fleet: FleetSpecification

    /// The service, and what there is to know of the node.
    func service(
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
        if node.role == .broker, let set = host.cpuSet(ofBrokerAt: node.port) { service.set("cpuset", .string(set)) }
        if let cpus = host.cpus { service.set("cpus", .string("\(cpus)")) }
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
