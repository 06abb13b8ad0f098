public import FleetModel

/// A node's process as it starts: what it reads from its properties and directories.
public struct SimulatedNode: Hashable, Sendable, Codable {
    /// A log directory, formatted.
    public struct Directory: Hashable, Sendable, Codable {
        /// Its path.
        public var path: String
        /// The file system of the host that it lies in: one name for all directories of the same.
        public var volume: String
        /// Its id in `meta.properties`.
        public var id: DirectoryID?

        /// A directory of these facts.
        public init(path: String, volume: String, id: DirectoryID?) {
            (self.path, self.volume, self.id) = (path, volume, id)
        }
    }

    /// `node.id`.
    public var id: NodeID
    /// What it is.
    public var role: NodeRole
    /// The cluster's id in `meta.properties`.
    public var clusterID: ClusterID
    /// Its host, whose line it shares.
    public var host: HostName
    /// What it advertises.
    public var endpoint: Endpoint
    /// `broker.rack`.
    public var rack: String?
    /// Its directories.
    public var directories: [Directory]
    /// Other settings of its properties, of which the simulation knows `min.insync.replicas` (of controllers),
    /// `controller.quorum.auto.join.enable` and `controller.quorum.bootstrap.servers`.
    public var settings: [String: String]

    /// A node of these facts.
    public init(
        id: NodeID, role: NodeRole, clusterID: ClusterID, host: HostName, endpoint: Endpoint, rack: String? = nil,
        directories: [Directory], settings: [String: String] = [:]
    ) {
        self.id = id
        self.role = role
        self.clusterID = clusterID
        self.host = host
        self.endpoint = endpoint
        self.rack = rack
        self.directories = directories
        self.settings = settings
    }
}

extension SimulatedKafka {
    /// A node's process starts now. One that runs already is left alone.
    public mutating func start(_ node: SimulatedNode) {
        if clusterID == nil { clusterID = node.clusterID }
        switch node.role {
        case .broker: startBroker(node)
        case .controller: startController(node)
        case .zookeeper: return
        }
    }

    /// SIGTERM: a broker's leaders move away, it is fenced and its process ends with 143.
    /// - Returns: How long until the process is gone, if it is not killed before; nil when it does not run.
    public mutating func terminate(_ id: NodeID) -> Duration? {
        guard let slot = slots[id.rawValue] else { return terminateController(id.rawValue) }
        let broker = brokers[slot]
        guard broker.process != .off else { return nil }
        let after: Duration
        if broker.process == .starting {
            after = .milliseconds(500)
        } else if broker.isZombie || broker.isCutOff || quorum.leader == nil || !broker.isRegistered
            || broker.adriftSince != nil
        {
            // Nobody grants the controlled shutdown.
            after = model.ungrantedShutdown
        } else {
            // Two rounds of heartbeats.
            let fenced = chance(id.rawValue, broker.incarnation, from: .milliseconds(2200), to: .milliseconds(4300))
            events.add(
                .leadersLeave(broker: id.rawValue, incarnation: broker.incarnation), at: now + model.leadersLeaveAfter)
            if broker.stubbornness == .none {
                events.add(.shutdownFences(broker: id.rawValue, incarnation: broker.incarnation), at: now + fenced)
            }
            after = fenced + .milliseconds(400)
        }
        brokers[slot].process = .stopping
        guard brokers[slot].stubbornness == .none else { return nil }
        events.add(.exits(broker: id.rawValue, incarnation: broker.incarnation, code: 143), at: now + after)
        return after
    }

    /// From now on a broker's process stays in its shutdown, or ends as it should again.
    public mutating func setStubbornness(_ stubbornness: Stubbornness, of id: NodeID) {
        guard let slot = slots[id.rawValue] else { return }
        brokers[slot].stubbornness = stubbornness
    }

    /// Whether SIGKILL does not end it.
    func survivesKill(_ id: NodeID) -> Bool { slots[id.rawValue].map { brokers[$0].stubbornness == .kill } ?? false }

    /// SIGKILL, a crash, or the host's power is gone: the process ends at once.
    public mutating func kill(_ id: NodeID) {
        guard let slot = slots[id.rawValue] else { return stopController(id.rawValue) }
        guard brokers[slot].process != .off else { return }
        stopBroker(at: slot, clean: false)
    }

    /// Cuts a node off from everything, or ends that: its host lost the network, or its process is frozen.
    public mutating func cutOff(_ id: NodeID, _ isCutOff: Bool) {
        guard let slot = slots[id.rawValue] else { return cutOffController(id.rawValue, isCutOff) }
        guard brokers[slot].isCutOff != isCutOff else { return }
        let couldAnswer = brokers[slot].answers
        if isCutOff, couldAnswer { freezePositions(at: slot) }
        brokers[slot].isCutOff = isCutOff
        if isCutOff {
            loseSession(at: slot)
        } else if brokers[slot].adriftSince == nil {
            regainSession(at: slot)
        }
        reviewReplicas(at: slot)
    }

    /// Heartbeats come again from a broker that had lost the controllers.
    mutating func regainSession(at slot: Int) {
        guard brokers[slot].process == .running, brokers[slot].isRegistered, !brokers[slot].isCutOff else { return }
        brokers[slot].session += 1
        brokers[slot].sessionEnds = .never
        guard brokers[slot].isFenced else { return }
        events.add(
            .unfences(broker: brokers[slot].id, incarnation: brokers[slot].incarnation), at: now + model.heartbeat)
    }

    private mutating func startBroker(_ node: SimulatedNode) {
        let id = node.id.rawValue
        let machine = machine(node.host)
        let slot: Int
        if let known = slots[id] {
            slot = known
        } else {
            slot = brokers.count
            slots[id] = slot
            brokers.append(Broker(id: id, endpoint: node.endpoint, machine: machine))
        }
        guard brokers[slot].process == .off else { return }
        brokers[slot].endpoint = node.endpoint
        brokers[slot].rack = node.rack
        brokers[slot].machine = machine
        brokers[slot].acquaintances = node.acquaintances
        brokers[slot].adriftSince = nil
        openDirectories(node.directories, at: slot)
        brokers[slot].process = .starting
        brokers[slot].incarnation += 1
        brokers[slot].startedAt = now
        brokers[slot].isShuttingDown = false
        brokers[slot].isZombie = false
        deleteStrays(at: slot)
        let incarnation = brokers[slot].incarnation
        if node.clusterID == clusterID {
            events.add(.registers(broker: id, incarnation: incarnation), at: now + model.registrationAfter)
        } else {
            // It asks again and again, and is told that this is another cluster.
            events.add(.exits(broker: id, incarnation: incarnation, code: 1), at: now + model.registrationPatience)
        }
    }

    private mutating func openDirectories(_ wanted: [SimulatedNode.Directory], at slot: Int) {
        for directory in wanted {
            if let known = brokers[slot].directories.firstIndex(where: { $0.path == directory.path }) {
                brokers[slot].directories[known].isOffline = false
                if let was = brokers[slot].directories[known].id, was != directory.id {
                    emptyDirectory(at: slot, known)
                }
                brokers[slot].directories[known].id = directory.id
                continue
            }
            let volume = volume(directory.volume, on: brokers[slot].machine)
            volumes[Int(volume)].directories.append([
                Int32(truncatingIfNeeded: slot), Int32(truncatingIfNeeded: brokers[slot].directories.count),
            ])
            brokers[slot].directories.append(Directory(path: directory.path, id: directory.id, volume: volume))
        }
        brokers[slot].isWhole = !wanted.isEmpty
    }

    /// A directory was formatted anew: what was in it is gone, and the controllers hear of it.
    private mutating func emptyDirectory(at slot: Int, _ directory: Int) {
        brokers[slot].directories[directory].strays = 0
        brokers[slot].directories[directory].deleting = []
        brokers[slot].wasUnclean = true
        for place in brokers[slot].replicas.indices where Int(brokers[slot].replicas[place].directory) == directory {
            brokers[slot].replicas[place].position = 0
        }
    }

    mutating func brokerRegisters(_ id: Int32, _ incarnation: Int32) {
        guard let slot = slots[id], brokers[slot].incarnation == incarnation, brokers[slot].process == .starting else {
            return
        }
        let isBlocked = brokers[slot].isRegistered && brokers[slot].blockedUntil > now
        if isBlocked || brokers[slot].isCutOff || quorum.leader == nil || !findsController(brokers[slot]) {
            if now >= brokers[slot].startedAt + model.registrationPatience, !isBlocked {
                return endProcess(at: slot, code: 1)
            }
            // DUPLICATE_BROKER_REGISTRATION, or nobody to ask.
            return events.add(.registers(broker: id, incarnation: incarnation), at: now + model.registrationPause)
        }
        let wasUnclean = brokers[slot].wasUnclean
        brokers[slot].isRegistered = true
        brokers[slot].isFenced = true
        brokers[slot].session += 1
        brokers[slot].sessionEnds = .never
        brokers[slot].wasUnclean = true
        if wasUnclean {
            for replica in brokers[slot].replicas { leaveISR(Int(replica.partition), id, unclean: true) }
        }
        events.add(.unfences(broker: id, incarnation: incarnation), at: now + model.unfencingAfter)
    }

    mutating func brokerUnfences(_ id: Int32, _ incarnation: Int32) {
        guard let slot = slots[id], brokers[slot].incarnation == incarnation, brokers[slot].isRegistered,
            brokers[slot].process == .starting || brokers[slot].process == .running, !brokers[slot].isZombie
        else { return }
        guard quorum.leader != nil, !brokers[slot].isCutOff, brokers[slot].adriftSince == nil else {
            return events.add(.unfences(broker: id, incarnation: incarnation), at: now + model.heartbeat)
        }
        brokers[slot].process = .running
        brokers[slot].isFenced = false
        let waiting = leaderless.filter { hosted(Int($0), at: slot) != nil }
        for index in waiting { change(Int(index)) { _ in } }
        reviewReplicas(at: slot)
        if brokers[slot].directories.allSatisfy({ usableBytes(of: Int($0.volume)) == 0 }) {
            for directory in brokers[slot].directories.indices { failDirectory(at: slot, directory) }
        }
    }

    /// The process ends by itself: whoever looks after processes is told.
    mutating func endProcess(at slot: Int, code: Int32) {
        guard brokers[slot].process != .off, let node = NodeID(rawValue: brokers[slot].id) else { return }
        ended.append(ProcessEnd(node: node, at: uptime, exitCode: code))
        stopBroker(at: slot, clean: code == 143)
    }

    mutating func brokerExits(_ id: Int32, _ incarnation: Int32, _ code: Int32) {
        guard let slot = slots[id], brokers[slot].incarnation == incarnation else { return }
        endProcess(at: slot, code: code)
    }

    private mutating func stopBroker(at slot: Int, clean: Bool) {
        if brokers[slot].answers { freezePositions(at: slot) }
        brokers[slot].process = .off
        brokers[slot].adriftSince = nil
        brokers[slot].wasUnclean = !(clean && brokers[slot].isFenced) && brokers[slot].isRegistered
        loseSession(at: slot)
        reviewReplicas(at: slot)
    }

    /// From now on no heartbeat comes: the session ends, counted from the last one.
    mutating func loseSession(at slot: Int) {
        guard brokers[slot].isRegistered, brokers[slot].sessionEnds == .never else { return }
        brokers[slot].session += 1
        let (id, session) = (brokers[slot].id, brokers[slot].session)
        let sinceHeartbeat =
            brokers[slot].isFenced
            ? .zero : chance(id, session, from: .milliseconds(500), to: .milliseconds(1100))
        let end = now + (model.session - sinceHeartbeat)
        brokers[slot].sessionEnds = end
        brokers[slot].blockedUntil = end
        events.add(.sessionEnds(broker: id, session: session), at: end)
    }

    mutating func sessionEnds(_ id: Int32, _ session: Int32) {
        // Without a controller nobody counts; the next one counts anew.
        guard let slot = slots[id], brokers[slot].session == session, brokers[slot].isRegistered, quorum.leader != nil
        else { return }
        fence(at: slot)
    }

    /// The controllers keep a broker from serving: it leaves every ISR.
    mutating func fence(at slot: Int) {
        guard !brokers[slot].isFenced else { return }
        brokers[slot].isFenced = true
        let id = brokers[slot].id
        for replica in brokers[slot].replicas {
            leaveISR(Int(replica.partition), id)
            endCopy(Int(replica.partition), to: id)
        }
    }

    mutating func leadersLeave(_ id: Int32, _ incarnation: Int32) {
        guard let slot = slots[id], brokers[slot].incarnation == incarnation, brokers[slot].process == .stopping,
            quorum.leader != nil, brokers[slot].isRegistered
        else { return }
        brokers[slot].isShuttingDown = true
        for replica in brokers[slot].replicas { leaveISR(Int(replica.partition), id) }
    }

    mutating func shutdownFences(_ id: Int32, _ incarnation: Int32) {
        guard let slot = slots[id], brokers[slot].incarnation == incarnation, brokers[slot].process == .stopping,
            quorum.leader != nil, brokers[slot].isRegistered
        else { return }
        fence(at: slot)
    }

    /// Notes how far each of a broker's logs goes, just before it stops following its leaders.
    private mutating func freezePositions(at slot: Int) {
        for place in brokers[slot].replicas.indices {
            let index = Int(brokers[slot].replicas[place].partition)
            review(index) { kafka in
                if kafka.brokers[slot].replicas[place].position == HostedReplica.withLeader {
                    kafka.brokers[slot].replicas[place].position = kafka.partitions[index].end
                }
            }
        }
    }

    /// What a change of a broker's state means for each of its partitions.
    private mutating func reviewReplicas(at slot: Int) {
        let id = brokers[slot].id
        for place in brokers[slot].replicas.indices {
            let index = Int(brokers[slot].replicas[place].partition)
            review(index) { kafka in
                guard kafka.brokers[slot].answers,
                    kafka.partitions[index].isr.contains(id) || kafka.partitions[index].leader == id
                else { return }
                kafka.brokers[slot].replicas[place].position = HostedReplica.withLeader
            }
        }
    }

    /// The processes that ended by themselves since this was last asked: by SIGTERM, a wrong cluster, a full disk.
    public mutating func takeEnds() -> [ProcessEnd] {
        defer { ended = [] }
        return ended
    }
}
