import FleetModel

/// One host with everything filled in, each setting with the place it came from.
struct ResolvedHost: Sendable {
    var name: Placed<HostName>
    var rack: String
    var brokers: Placed<Int>
    var data: Placed<[Placed<String>]>
    var brokerPort: Placed<UInt16>
    var controllerPort: Placed<UInt16>
    var heap: Placed<ByteCount>
    var memory: Placed<ByteCount>
    var disks: [Placed<DataDisk>]
    var cpus: Int?
    var cpuSets: Placed<Bool>?
    var diskPerBroker: Bool?
    var address: String?
    var ssh: SSHSettings
}

/// Makes the specification of a draft: fills in what is not written and checks what the settings say together.
struct FleetResolver {
    let draft: FleetDraft
    var diagnostics: Diagnostics

    /// The specification; nil when a setting that it cannot do without is missing or wrong, which has been said.
    mutating func specification() -> FleetSpecification? {
        let hosts = resolvedHosts()
        if let address = draft.defaults.address { fail(address, "belongs to one host: write it under hosts") }
        for host in hosts { check(host) }
        checkCluster()
        checkKafka(hosts)
        checkSMTP()
        checkRegistry()
        guard let cluster = cluster(hosts: hosts.count), !hosts.isEmpty else { return nil }
        return FleetSpecification(
            cluster: cluster, hosts: hosts.map(\.specification), kafka: draft.kafka.map(\.value), move: move,
            notify: notify, monitor: monitor, waivers: draft.waivers)
    }

    mutating func fail<Value>(_ place: Placed<Value>, _ message: String, suggestion: String? = nil) {
        diagnostics.add(.error, message, at: place.mark, path: place.path, suggestion: suggestion)
    }

    mutating func warn<Value>(_ place: Placed<Value>, _ message: String) {
        diagnostics.add(.warning, message, at: place.mark, path: place.path)
    }

    private mutating func resolvedHosts() -> [ResolvedHost] {
        var first: [String: Placed<HostName>] = [:]
        var hosts: [ResolvedHost] = []
        if let list = draft.virthosts, list.value.count > Schema.mostHosts {
            fail(list, "lists \(list.value.count) hosts, and gantry carries \(Schema.mostHosts)")
            return []
        }
        for name in draft.virthosts?.value ?? [] {
            let key = HostIdentity.key(of: name.value)
            if let earlier = first.updateValue(name, forKey: key) {
                first[key] = earlier
                fail(name, "\(name.value) is listed twice: the first is \(earlier.path) in line \(earlier.mark.line)")
                continue
            }
            let own = draft.hosts[name.value] ?? HostDraft()
            if !own.isWritten, !draft.defaults.isWritten {
                fail(
                    name,
                    "\(name.value) has no settings: write them under defaults, or under hosts.\(name.value)")
                continue
            }
            hosts.append(resolved(name, own))
        }
        return hosts
    }

    private func resolved(_ name: Placed<HostName>, _ own: HostDraft) -> ResolvedHost {
        let all = draft.defaults
        func pick<Value>(_ own: Placed<Value>?, _ common: Placed<Value>?, _ fallback: Value) -> Placed<Value> {
            own ?? common ?? Placed(value: fallback, mark: name.mark, path: name.path)
        }
        let data = Placed(value: FleetDefaults.data, mark: name.mark, path: name.path)
        let rack = (own.rack ?? all.rack)?.value ?? "host"
        let ports = PortSettings()
        return ResolvedHost(
            name: name, rack: rack == "host" ? name.value.rawValue : rack,
            brokers: pick(own.brokers, all.brokers, FleetDefaults.brokers),
            data: pick(own.data, all.data, [data]),
            brokerPort: pick(own.ports.broker, all.ports.broker, ports.broker),
            controllerPort: pick(own.ports.controller, all.ports.controller, ports.controller),
            heap: pick(own.heap, all.heap, FleetDefaults.heap),
            memory: pick(own.memory, all.memory, FleetDefaults.memory),
            disks: own.disks.isEmpty ? all.disks : own.disks, cpus: (own.cpus ?? all.cpus)?.value,
            cpuSets: own.cpuSets ?? all.cpuSets, diskPerBroker: (own.diskPerBroker ?? all.diskPerBroker)?.value,
            address: own.address?.value,
            ssh: SSHSettings(
                user: (own.ssh.user ?? all.ssh.user)?.value, port: (own.ssh.port ?? all.ssh.port)?.value,
                identity: (own.ssh.identity ?? all.ssh.identity)?.value,
                config: (own.ssh.config ?? all.ssh.config)?.value,
                knownHosts: (own.ssh.knownHosts ?? all.ssh.knownHosts)?.value))
    }

    private func cluster(hosts: Int) -> ClusterSpecification? {
        guard let name = draft.cluster.name?.value, let version = draft.cluster.version?.value else { return nil }
        var cluster = ClusterSpecification(
            name: name, transport: draft.cluster.transport?.value ?? .ssh, mode: draft.cluster.mode?.value ?? .kraft,
            version: version, image: draft.cluster.image?.value ?? "apache/kafka:\(version)",
            imageArchive: draft.cluster.imageArchive?.value,
            controllers: draft.cluster.controllers?.value ?? (hosts < 3 ? 1 : 3))
        let registry = draft.cluster.registry
        if registry.mark != nil {
            cluster.registry = RegistrySettings(
                server: registry.server?.value, user: registry.user?.value,
                passwordFile: registry.passwordFile?.value)
        }
        cluster.controllersFollowHosts = draft.cluster.controllers == nil
        return cluster
    }

    private var move: MoveSettings {
        var move = MoveSettings()
        if let throttle = draft.move.throttle { move.throttle = throttle.value }
        if let tolerance = draft.move.tolerance { move.tolerance = tolerance.value }
        if let canary = draft.move.canary { move.canary = canary.value }
        if let resume = draft.move.resume { move.resume = resume.value }
        return move
    }

    private var notify: NotifySettings? {
        guard draft.notify.mark != nil, let recipients = draft.notify.to else { return nil }
        let smtp = draft.notify.smtp
        return NotifySettings(
            recipients: recipients.value.map(\.value), sender: draft.notify.from?.value,
            smtp: smtp.url.map {
                SMTPSettings(
                    url: $0.value, user: smtp.user?.value, passwordFile: smtp.passwordFile?.value,
                    authorityFile: smtp.authorityFile?.value)
            }, daily: draft.notify.daily?.value)
    }

    private var monitor: MonitorSettings {
        var monitor = MonitorSettings()
        if let interval = draft.monitor.interval { monitor.interval = interval.value }
        if let metrics = draft.monitor.metrics { monitor.metrics = metrics.value }
        if let log = draft.monitor.log { monitor.log = log.value }
        return monitor
    }
}

/// What holds where neither `hosts` nor `defaults` says anything: PRODUCT.md section 2.
private enum FleetDefaults {
    static let brokers = 2
    static let data = "/var/lib/kafka-docker"
    static let heap = ByteCount(1 << 30)
    static let memory = ByteCount(2 << 30)
}

extension ResolvedHost {
    fileprivate var specification: HostSpecification {
        var host = HostSpecification(
            host: name.value, rack: rack, brokers: brokers.value, ssh: ssh, data: data.value.map(\.value),
            ports: PortSettings(broker: brokerPort.value, controller: controllerPort.value), heap: heap.value,
            memory: memory.value, disks: disks.isEmpty ? nil : disks.map(\.value), cpus: cpus)
        (host.hasCPUSets, host.hasDiskPerBroker, host.address) = (cpuSets?.value, diskPerBroker, address)
        return host
    }
}
