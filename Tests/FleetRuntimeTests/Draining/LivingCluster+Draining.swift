import FleetModel
import FleetSimulator
import HealthRules
import OperationModel
import Operations
import PlacementPlanning
import Testing

@testable import FleetRuntime

extension LivingCluster {
    func moveRequest(onto: ClosedRange<Int32>? = nil, accepting: [Acceptance] = []) throws -> MoveRequest {
        var request = request
        request.accepted = accepting
        request.throttle = .some(BytesPerSecond(50 << 20))
        if let onto {
            let first = try #require(NodeID(rawValue: onto.lowerBound))
            request.onto = first...(try #require(NodeID(rawValue: onto.upperBound)))
        }
        return request
    }

    func removeHosts(
        _ numbers: Int..., inOneBatch: Bool = false, deletesData: Bool = false, areDead: Bool = false,
        onto: ClosedRange<Int32>? = nil, accepting: [Acceptance] = []
    ) throws -> MovePreparation {
        let wishes = HostRemovalWishes(
            hosts: try numbers.map(host), inOneBatch: inOneBatch, deletesData: deletesData, areDead: areDead,
            places: [try host(numbers[0]): "line 2 of defaults.cfg"])
        let (session, directory) = (session, directory)
        let request = try moveRequest(onto: onto, accepting: accepting)
        return try run { try await session.prepareHostRemoval(wishes, request, directory: directory) }
    }

    func removeBrokers(
        _ ids: Int32..., deletesData: Bool = false, accepting: [Acceptance] = []
    ) throws -> MovePreparation {
        let brokers = try ids.map { try #require(NodeID(rawValue: $0)) }
        let (session, directory) = (session, directory)
        let request = try moveRequest(accepting: accepting)
        return try run {
            try await session.prepareRemoval(
                of: brokers, deletesData: deletesData, request, directory: directory)
        }
    }

    func rebalance(tolerance: Int64 = 100, leadersOnly: Bool = false) throws -> MovePreparation {
        let (session, directory, request) = (session, directory, try moveRequest())
        return try run {
            try await session.prepareRebalance(
                RebalanceWishes(leadersOnly: leadersOnly, profile: .balanced, tolerance: PerMille(tolerance)), request,
                directory: directory)
        }
    }

    /// A topic with these lists of replicas.
    func topic(_ name: String, _ lists: [[Int32]], size: Int64 = 20 << 20, ingress: Int64 = 0) throws {
        let lists = try lists.map { try $0.map { try #require(NodeID(rawValue: $0)) } }
        let answer = fleet.withState {
            $0.kafka.createTopic(
                name, assignment: lists,
                traffic: SimulatedTraffic(size: ByteCount(size), ingress: BytesPerSecond(ingress)))
        }
        try #require(answer.code == .none, "\(answer)")
        try pass(.seconds(3))
    }

    /// Replicas of each partition, canaries left out.
    func lists() throws -> [TopicPartition: [Int32]] {
        let table = try #require(try status().snapshot.cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, Array($0.replicas)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Bytes of each partition, canaries left out.
    func sizes() throws -> [TopicPartition: ByteCount] {
        let table = try #require(try status().snapshot.cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.map { ($0.name, $0.size ?? .zero) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The leader of each partition, canaries left out.
    func leaders() throws -> [TopicPartition: NodeID] {
        let table = try #require(try status().snapshot.cluster.value?.partitions.value)
        return Dictionary(
            table.rows.filter { !$0.topic.isCanary }.compactMap { row in row.leader.map { (row.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    func voters() throws -> [Int32] {
        try #require(try status().snapshot.cluster.value?.quorum.value?.voters).map(\.id.rawValue)
    }

    /// Findings that are worse than ok.
    func worries() throws -> [String] {
        try status().findings.filter { $0.severity != .ok }.map { "\($0.rule) \($0.subject): \($0.evidence)" }
    }

    /// What an operation must not leave: throttles, moves, cordons.
    func leftovers() throws -> [String] {
        let cluster = try #require(try status().snapshot.cluster.value)
        var found = (cluster.throttles.value ?? []).map { "throttle \($0.subject) \($0.name)" }
        found += (cluster.reassignments.value ?? []).map { "move \($0.partition)" }
        let brokers = (cluster.brokers.value ?? []).map(\.id)
        for id in brokers {
            let setting = fleet.withState {
                $0.kafka.dynamicSettings(["cordoned.log.dirs"], of: .broker(id)).value ?? []
            }
            if setting.contains(where: { $0.source == .broker }) { found.append("cordon \(id)") }
        }
        return found
    }

    func node(_ number: Int32) throws -> NodeID { try #require(NodeID(rawValue: number)) }

    func codes(_ preparation: MovePreparation) -> [String] { preparation.blockers.map(\.code) }

    func inflict(_ fault: Fault) { fleet.withState { $0.inflict(fault) } }
}

extension LivingCluster {
    /// Carries `plan` out, and does something to the fleet once the step of this kind and object has begun.
    /// - Returns: its ending, and the notes of its steps.
    func work(
        _ plan: OperationPlan, pid: Int32 = 1, once step: StepID, after delay: Duration = .zero,
        _ act: @escaping @Sendable (inout FleetState) -> Void
    ) throws -> (id: OperationID, ending: OperationEnding?) {
        let id = try keep(plan, salt: 3)
        let name = specification.cluster.name
        let holder = Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 1, user: "root")
        let lease = try store.acquireLease(
            cluster: name, operation: id, holder: holder, replacing: try store.lease(of: name)?.token, at: time.now())
        let engine = OperationEngine(
            store: store,
            world: OperationWorld(
                hosts: fleet, hostSource: fleet, containers: fleet, containerSource: fleet, cluster: fleet,
                control: fleet, memory: JournalMemory(store: store, lease: lease), clock: time))
        let (store, fleet, time) = (store, fleet, time)
        let ending = time.run { () -> OperationEnding? in
            await withTaskGroup(of: OperationEnding??.self) { group in
                group.addTask { .some(try? await engine.run(lease)) }
                group.addTask {
                    while !Task.isCancelled {
                        let events = (try? store.events(of: id, after: 0, limit: 10_000)) ?? []
                        if events.contains(where: { $0.event == .intent(step) }) { break }
                        try? await time.sleep(for: .milliseconds(50))
                    }
                    guard !Task.isCancelled else { return nil }
                    try? await time.sleep(for: delay)
                    fleet.withState(act)
                    return nil
                }
                while let result = await group.next() {
                    guard let result else { continue }
                    group.cancelAll()
                    return result
                }
                return nil
            }
        }
        return (id, try #require(ending))
    }

    /// Goes on with an operation as another worker.
    func resume(_ id: OperationID, pid: Int32 = 2) throws -> OperationEnding? {
        try work(try store.operation(id).plan, id, pid: pid)
    }

    /// The lines that an operation's steps wrote.
    func notes(_ id: OperationID) throws -> [String] {
        try store.events(of: id, after: 0, limit: 100_000).compactMap {
            if case .note(_, let note) = $0.event { note } else { nil }
        }
    }
}
