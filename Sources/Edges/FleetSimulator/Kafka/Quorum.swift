public import FleetModel

/// A voter of the quorum: its identity is the id with the directory (KIP-853).
public struct SimulatedVoter: Hashable, Sendable, Codable {
    /// The node.
    public var id: NodeID
    /// The id of its metadata directory.
    public var directory: DirectoryID

    /// The voter of this identity.
    public init(id: NodeID, directory: DirectoryID) { (self.id, self.directory) = (id, directory) }
}

extension SimulatedKafka {
    struct Quorum: Sendable, Codable {
        var voters: [SimulatedVoter] = []
        var leader: Int32?
        var epoch: Int32 = 0
        /// A change of the voters is under way until then.
        var changing = Instant.start
        /// Counts what makes an election that was to come void.
        var round: Int32 = 0
        /// Controllers that ever followed: they stay registered.
        var registered: [Int32] = []
    }

    /// Formats directories with `--initial-controllers`: the quorum of a new cluster.
    ///
    /// Where there is one already nothing happens, unless it is another cluster's and nothing of that runs any more:
    /// its data are gone, and everything begins anew.
    public mutating func formQuorum(of voters: [SimulatedVoter], cluster: ClusterID) {
        if clusterID != cluster, !quorum.voters.isEmpty {
            guard !controllers.contains(where: \.isRunning), brokers.allSatisfy({ $0.process == .off }) else { return }
            let time = now
            self = SimulatedKafka(seed: seed, model: model)
            now = time
            copying.since = time
        }
        guard quorum.voters.isEmpty else { return }
        clusterID = cluster
        quorum.voters = voters.sorted { $0.id < $1.id }
        reviewQuorum()
    }

    /// The active controller; nil while there is none.
    public var activeController: NodeID? { quorum.leader.flatMap(NodeID.init(rawValue:)) }

    private func place(ofController id: Int32) -> Int? { controllers.firstIndex { $0.id == id } }

    mutating func startController(_ node: SimulatedNode) {
        let id = node.id.rawValue
        guard let directory = node.directories.first?.id else { return }
        let machine = machine(node.host)
        let place = place(ofController: id) ?? controllers.count
        if place == controllers.count {
            controllers.append(Controller(id: id, directoryID: directory, endpoint: node.endpoint, machine: machine))
        }
        guard !controllers[place].isRunning else { return }
        controllers[place].directoryID = directory
        controllers[place].endpoint = node.endpoint
        controllers[place].machine = machine
        controllers[place].isRunning = true
        controllers[place].incarnation += 1
        controllers[place].startedAt = now
        controllers[place].joinsByItself = node.settings["controller.quorum.auto.join.enable"] == "true"
        controllers[place].acquaintances = node.acquaintances
        bootstrapSettings(from: node)
        let incarnation = controllers[place].incarnation
        if node.clusterID == clusterID {
            events.add(.follows(controller: id, incarnation: incarnation), at: now + model.controllerFollowsAfter)
        } else {
            events.add(
                .controllerExits(controller: id, incarnation: incarnation, code: 1),
                at: now + model.registrationPatience)
        }
    }

    mutating func controllerFollows(_ id: Int32, _ incarnation: Int32) {
        guard let place = place(ofController: id), controllers[place].incarnation == incarnation,
            controllers[place].isRunning
        else { return }
        controllers[place].follows = true
        controllers[place].lastFetch = controllers[place].isCutOff ? now : .never
        quorum.registered.insertAscending(id)
        reviewQuorum()
        reviewAcquaintances()
        armJoining(place)
    }

    private mutating func armJoining(_ place: Int) {
        guard controllers[place].joinsByItself, controllers[place].answers, !isVoter(controllers[place]) else { return }
        let event = KafkaEvent.joins(controller: controllers[place].id, incarnation: controllers[place].incarnation)
        events.add(event, at: now + model.joinsAfter)
    }

    mutating func controllerJoins(_ id: Int32, _ incarnation: Int32) {
        guard let place = place(ofController: id), controllers[place].incarnation == incarnation,
            let node = NodeID(rawValue: id)
        else { return }
        if addVoter(node, directory: controllers[place].directoryID, endpoint: controllers[place].endpoint)
            == .requestTimedOut
        {
            armJoining(place)
        }
    }

    mutating func terminateController(_ id: Int32) -> Duration? {
        guard let place = place(ofController: id), controllers[place].isRunning else { return nil }
        let incarnation = controllers[place].incarnation
        events.add(
            .controllerExits(controller: id, incarnation: incarnation, code: 143), at: now + model.controllerStopsAfter)
        return model.controllerStopsAfter
    }

    mutating func controllerExits(_ id: Int32, _ incarnation: Int32, _ code: Int32) {
        guard let place = place(ofController: id), controllers[place].incarnation == incarnation,
            controllers[place].isRunning, let node = NodeID(rawValue: id)
        else { return }
        ended.append(ProcessEnd(node: node, at: uptime, exitCode: code))
        stopController(id)
    }

    mutating func stopController(_ id: Int32) {
        guard let place = place(ofController: id), controllers[place].isRunning else { return }
        controllers[place].isRunning = false
        controllers[place].follows = false
        controllers[place].lastFetch = min(controllers[place].lastFetch, now)
        reviewQuorum()
    }

    mutating func cutOffController(_ id: Int32, _ isCutOff: Bool) {
        guard let place = place(ofController: id), controllers[place].isCutOff != isCutOff else { return }
        controllers[place].isCutOff = isCutOff
        controllers[place].lastFetch = isCutOff ? min(controllers[place].lastFetch, now) : .never
        reviewQuorum()
        reviewAcquaintances()
    }

    func isVoter(_ controller: Controller) -> Bool {
        quorum.voters.contains { $0.id.rawValue == controller.id && $0.directory == controller.directoryID }
    }

    /// Voters that take part: running, reached by the others, caught up.
    private var presentVoters: [Controller] {
        controllers.filter { $0.answers && $0.follows && isVoter($0) }.sorted { $0.id < $1.id }
    }

    /// Sees whether the active controller can stay, and whether another can be elected.
    mutating func reviewQuorum() {
        let present = presentVoters
        let hasMajority = present.count * 2 > quorum.voters.count
        if let leader = quorum.leader, hasMajority, present.contains(where: { $0.id == leader }) { return }
        let hadLeader = quorum.leader != nil
        quorum.leader = nil
        quorum.round += 1
        guard hasMajority else { return }
        // The first quorum of all has waited for nobody.
        let after: Duration = hadLeader || quorum.epoch > 0 ? model.controllerElection : .milliseconds(100)
        events.add(.elects(epoch: quorum.round), at: now + after)
    }

    mutating func electController(_ round: Int32) {
        guard quorum.round == round, quorum.leader == nil else { return }
        let present = presentVoters
        guard present.count * 2 > quorum.voters.count else { return }
        quorum.epoch += 1
        let choice = Int(chance(-1, quorum.epoch, below: UInt64(present.count)))
        quorum.leader = present[choice].id
        // It changes no voters before a record of its own epoch is committed.
        quorum.changing = now + .milliseconds(50)
        // The new one has heard of nobody yet: sessions count from now.
        for slot in brokers.indices where brokers[slot].isRegistered && brokers[slot].sessionEnds != .never {
            brokers[slot].session += 1
            brokers[slot].sessionEnds = now + model.session
            if brokers[slot].process == .off { brokers[slot].blockedUntil = now + model.session }
            events.add(.sessionEnds(broker: brokers[slot].id, session: brokers[slot].session), at: now + model.session)
        }
        reviewAcquaintances()
    }

    /// AddRaftVoter (KIP-853).
    /// - Returns: 126 for an id that votes already; 7 for another directory, a closed port, one that lags, or while
    ///   another change is under way.
    public mutating func addVoter(_ id: NodeID, directory: DirectoryID, endpoint: Endpoint) -> KafkaCode {
        if quorum.voters.contains(where: { $0.id == id }) { return .duplicateVoter }
        guard quorum.changing <= now, let place = place(ofController: id.rawValue) else { return .requestTimedOut }
        let controller = controllers[place]
        guard controller.answers, controller.follows, controller.directoryID == directory,
            controller.endpoint == endpoint
        else { return .requestTimedOut }
        quorum.voters.append(SimulatedVoter(id: id, directory: directory))
        quorum.voters.sort { $0.id < $1.id }
        quorum.changing = now + .milliseconds(50)
        reviewQuorum()
        return .none
    }

    /// RemoveRaftVoter (KIP-853), of the leader too.
    /// - Returns: 127 where there is no such voter, 42 for the last one.
    public mutating func removeVoter(_ id: NodeID, directory: DirectoryID) -> KafkaCode {
        guard let place = quorum.voters.firstIndex(of: SimulatedVoter(id: id, directory: directory)) else {
            return .voterNotFound
        }
        guard quorum.voters.count > 1 else { return .invalidRequest }
        guard quorum.changing <= now else { return .requestTimedOut }
        quorum.voters.remove(at: place)
        quorum.changing = now + .milliseconds(25)
        reviewQuorum()
        if let controller = self.place(ofController: id.rawValue) { armJoining(controller) }
        return .none
    }

    /// How long the leader remembers one that follows no more.
    private static let observerMemory: Duration = .seconds(300)

    /// DescribeQuorum: voters and those that only follow. `wall` is the time of day now.
    public func quorumObservation(at wall: Timestamp) -> QuorumObservation {
        func member(_ controller: Controller?, _ id: NodeID, _ directory: DirectoryID?) -> QuorumMember {
            // A record every half second, also when nothing happens (`metadata.max.idle.interval.ms`).
            let behind = controller.map { $0.lastFetch == .never ? 0 : now.since($0.lastFetch) } ?? now.microseconds
            let lastFetch = controller == nil ? nil : wall.advanced(by: .microseconds(-behind))
            return QuorumMember(
                id: id, directoryID: directory, lag: behind / 500_000, lastCaughtUp: lastFetch, lastFetch: lastFetch)
        }
        let voters = quorum.voters.map { voter in
            let controller = controllers.first { $0.id == voter.id.rawValue && $0.directoryID == voter.directory }
            return member(controller, voter.id, voter.directory)
        }
        var observers = controllers.filter { controller in
            !isVoter(controller) && controller.follows && controller.answers
        }.compactMap { controller in
            NodeID(rawValue: controller.id).map { member(controller, $0, controller.directoryID) }
        }
        for broker in brokers where broker.isRegistered {
            guard let id = NodeID(rawValue: broker.id) else { continue }
            // One that died is remembered for some minutes.
            let behind = broker.answers && broker.adriftSince == nil ? 0 : now.since(broker.lastHeard(model))
            guard behind < Self.observerMemory.wholeMicroseconds else { continue }
            let lastFetch = wall.advanced(by: .microseconds(-behind))
            observers.append(
                QuorumMember(
                    id: id, directoryID: broker.directories.first?.id, lag: behind / 500_000, lastCaughtUp: lastFetch,
                    lastFetch: lastFetch))
        }
        return QuorumObservation(
            leader: activeController, leaderEpoch: quorum.epoch, voters: voters,
            observers: observers.sorted { $0.id < $1.id })
    }

    /// Controllers that are registered: all that ever followed.
    public var registeredControllers: [NodeID] { quorum.registered.compactMap(NodeID.init(rawValue:)) }
}
