public import FleetModel
import Operations

/// How containers live: as dockerd treats them (restart policies, exit codes, stops by hand), with Kafka told of every
/// process that begins and ends.
extension FleetState {
    // MARK: By hand

    /// `docker start`, or Compose's `up`, of a container that does not run.
    mutating func start(_ node: NodeID, on host: HostName) {
        guard var container = hosts[host]?.containers[node], !container.isRunning else { return }
        container.isStoppedByHand = false
        container.backoff = SimulatedContainer.firstBackoff
        container.restarts = 0
        hosts[host]?.containers[node] = container
        run(node, on: host)
    }

    /// `docker stop`: SIGTERM, and SIGKILL when the grace is over.
    mutating func stop(_ node: NodeID, on host: HostName, grace: Duration) {
        guard var container = hosts[host]?.containers[node] else { return }
        container.isStoppedByHand = true
        if container.state == .restarting {
            container.state = .exited
            container.run += 1
        }
        hosts[host]?.containers[node] = container
        guard container.isRunning else { return }
        hosts[host]?.tell("kill", of: container, at: now)
        if container.state == .paused { resume(node, on: host) }
        terminate(node)
        agenda.add(.graceEnds(host, node, run: container.run), at: now + grace)
    }

    /// `docker kill`: it stays dead, whatever its policy.
    public mutating func kill(_ node: NodeID) {
        guard let host = host(of: node), hosts[host]?.containers[node]?.isRunning == true else { return }
        hosts[host]?.containers[node]?.isStoppedByHand = true
        if let container = hosts[host]?.containers[node] { hosts[host]?.tell("kill", of: container, at: now) }
        kafka.kill(node)
        ended(node, on: host, exitCode: 137)
    }

    /// SIGKILL from inside the host, or the kernel's for memory: Docker restarts it by its policy.
    public mutating func crash(_ node: NodeID, forMemory: Bool = false) {
        guard let host = host(of: node), let container = hosts[host]?.containers[node], container.isRunning else {
            return
        }
        if forMemory { hosts[host]?.tell("oom", of: container, at: now) }
        kafka.kill(node)
        ended(node, on: host, exitCode: 137, forMemory: forMemory)
    }

    /// `docker pause`: it accepts connections and answers none.
    public mutating func pause(_ node: NodeID) {
        guard let host = host(of: node), let container = hosts[host]?.containers[node], container.state == .running
        else { return }
        hosts[host]?.containers[node]?.state = .paused
        hosts[host]?.tell("pause", of: container, at: now)
        kafka.cutOff(node, true)
    }

    /// `docker unpause`.
    public mutating func unpause(_ node: NodeID) {
        guard let host = host(of: node), let container = hosts[host]?.containers[node], container.state == .paused
        else { return }
        resume(node, on: host)
        hosts[host]?.tell("unpause", of: container, at: now)
    }

    private mutating func resume(_ node: NodeID, on host: HostName) {
        hosts[host]?.containers[node]?.state = .running
        if hosts[host]?.troubles.isOnNetwork == true { kafka.cutOff(node, false) }
    }

    /// The host that has the node's container.
    public func host(of node: NodeID) -> HostName? {
        hosts.filter { $0.value.containers[node] != nil }.keys.min()
    }

    // MARK: By itself

    /// A container's process begins; one that can't read what it needs ends at once, as Kafka does.
    mutating func run(_ node: NodeID, on host: HostName) {
        guard var found = hosts[host], var container = found.containers[node] else { return }
        container.run += 1
        container.state = .running
        container.startedAt = now
        container.oomKilled = false
        container.write("[KafkaRaftServer nodeId=\(node)] Starting")
        found.tell("start", of: container, at: now)
        let process = SimulatedNode.reading(container, on: host, found)
        found.containers[node] = container
        hosts[host] = found
        switch process {
        case .success(let process):
            kafka.start(process)
            // A process that was frozen and killed was cut off; the new one is not, where its host has a network.
            kafka.cutOff(node, !found.troubles.isOnNetwork)
        case .failure(let refusal):
            hosts[host]?.containers[node]?.write(refusal.words)
            ended(node, on: host, exitCode: 1)
        }
    }

    /// SIGTERM to the node's process.
    mutating func terminate(_ node: NodeID) {
        if let host = host(of: node) {
            hosts[host]?.containers[node]?.write("Terminating process due to signal SIGTERM")
        }
        _ = kafka.terminate(node)
    }

    /// Takes note of the processes that have ended by themselves.
    mutating func noticeEnds() {
        for end in kafka.takeEnds() {
            guard let host = host(of: end.node) else { continue }
            ended(end.node, on: host, exitCode: end.exitCode)
        }
    }

    /// A container's process is gone: Docker says so, and starts it again where its policy wants it.
    private mutating func ended(_ node: NodeID, on host: HostName, exitCode: Int32, forMemory: Bool = false) {
        guard var found = hosts[host], var container = found.containers[node], container.isRunning else { return }
        container.exitCode = exitCode
        container.oomKilled = forMemory
        container.state = .exited
        found.tell("die", of: container, at: now, exitCode: exitCode)
        if container.isStoppedByHand { found.tell("stop", of: container, at: now) }
        let wants = container.restart != .no && (container.restart != .onFailure || exitCode != 0)
        if wants, !container.isStoppedByHand, found.troubles.isUp, found.dockerRuns {
            if let startedAt = container.startedAt, now - startedAt >= SimulatedContainer.runThatCounts {
                container.backoff = SimulatedContainer.firstBackoff
            }
            container.state = .restarting
            agenda.add(.restart(host, node, run: container.run), at: now + container.backoff)
            container.backoff = min(container.backoff * 2, SimulatedContainer.longestBackoff)
        }
        found.containers[node] = container
        hosts[host] = found
    }

    mutating func restart(_ node: NodeID, on host: HostName, after run: Int) {
        guard let container = hosts[host]?.containers[node], container.state == .restarting, container.run == run,
            hosts[host]?.troubles.isUp == true, hosts[host]?.dockerRuns == true
        else { return }
        hosts[host]?.containers[node]?.restarts += 1
        self.run(node, on: host)
    }

    mutating func graceEnds(_ node: NodeID, on host: HostName, run: Int) {
        guard let container = hosts[host]?.containers[node], container.isRunning, container.run == run else { return }
        guard !kafka.survivesKill(node) else { return }
        kafka.kill(node)
        ended(node, on: host, exitCode: 137)
    }

    // MARK: With Docker and the host

    /// dockerd ends: it ends its containers first, each with its own grace.
    mutating func dockerStops(on host: HostName) {
        for container in containers(on: host) {
            if container.state == .restarting { hosts[host]?.containers[container.node]?.state = .exited }
            guard container.isRunning else { continue }
            if container.state == .paused { resume(container.node, on: host) }
            terminate(container.node)
        }
    }

    /// dockerd begins: it starts what its policies want.
    mutating func dockerStarts(on host: HostName) {
        for container in containers(on: host) where !container.isRunning && container.startedAt != nil {
            switch container.restart {
            case .always: run(container.node, on: host)
            case .unlessStopped where !container.isStoppedByHand: run(container.node, on: host)
            case .onFailure where !container.isStoppedByHand && container.exitCode != 0: run(container.node, on: host)
            case .no, .onFailure, .unlessStopped: break
            }
        }
    }

    /// The power is gone: what runs ends without a word, and Docker learns of it when it is back.
    mutating func powerFails(on host: HostName) {
        for container in containers(on: host) {
            if container.state == .restarting { hosts[host]?.containers[container.node]?.state = .exited }
            guard container.isRunning else { continue }
            kafka.kill(container.node)
            hosts[host]?.containers[container.node]?.state = .exited
            hosts[host]?.containers[container.node]?.exitCode = 137
        }
    }

    /// In the order of their nodes.
    func containers(on host: HostName) -> [SimulatedContainer] {
        (hosts[host]?.containers.values).map { $0.sorted { $0.node < $1.node } } ?? []
    }
}

/// Why a node's process ends as soon as it begins.
struct StartRefusal: Error {
    var words: String
}

extension SimulatedNode {
    /// What a node's process finds when it starts.
    static func reading(
        _ container: SimulatedContainer, on name: HostName, _ host: SimulatedHost
    ) -> Result<SimulatedNode, StartRefusal> {
        guard let file = host.files[container.properties] else {
            return .failure(StartRefusal(words: "java.nio.file.NoSuchFileException: \(container.properties)"))
        }
        let properties = NodeProperties(String(decoding: file.contents, as: UTF8.self))
        guard let id = properties.node, let endpoint = properties.endpoint, !properties.directories.isEmpty else {
            return .failure(
                StartRefusal(words: "org.apache.kafka.common.config.ConfigException: node.id, listeners or log.dirs"))
        }
        var directories: [Directory] = []
        for path in properties.directories {
            guard let meta = host.formatted[path] else {
                return .failure(
                    StartRefusal(
                        words: "java.lang.RuntimeException: No readable meta.properties files found in \(path)"))
            }
            guard meta.nodeID == id else {
                return .failure(
                    StartRefusal(
                        words: "java.lang.RuntimeException: Stored node id \(meta.nodeID?.description ?? "-1") doesn't "
                            + "match previous node id \(id) in \(path)"))
            }
            directories.append(Directory(path: path, volume: host.data(of: path) ?? "/", id: meta.directoryID))
        }
        if host.foreignPorts.contains(endpoint.port) || host.isTaken(endpoint.port, butBy: container.node) {
            return .failure(StartRefusal(words: "java.net.BindException: Address already in use: \(endpoint.port)"))
        }
        guard let clusterID = properties.directories.compactMap({ host.formatted[$0]?.clusterID }).first else {
            return .failure(StartRefusal(words: "java.lang.RuntimeException: meta.properties has no cluster.id"))
        }
        return .success(
            SimulatedNode(
                id: id, role: container.role, clusterID: clusterID, host: name, endpoint: endpoint,
                rack: properties.values["broker.rack"], directories: directories, settings: properties.values))
    }
}

extension SimulatedHost {
    /// The port that a container's node listens on.
    func port(of container: SimulatedContainer) -> UInt16? {
        files[container.properties].flatMap {
            NodeProperties(String(decoding: $0.contents, as: UTF8.self)).endpoint?.port
        }
    }

    fileprivate func isTaken(_ port: UInt16, butBy node: NodeID) -> Bool {
        containers.values.contains { $0.node != node && $0.isRunning && self.port(of: $0) == port }
    }
}
