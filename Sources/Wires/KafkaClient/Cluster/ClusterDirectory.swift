internal import EventLoop
internal import KafkaProtocol

/// Finds the node that a route leads to, and asks the cluster where it does not know.
actor ClusterDirectory {
    /// One question to the cluster; those who ask the same at the same time share the answer.
    enum Lookup: Hashable, Sendable {
        case nodes
        case topic(String)
    }

    /// One node's time to describe the cluster before another is asked.
    static let lookupTimeout = Duration.seconds(5)
    /// Nodes that are asked for one lookup.
    static let lookupAttempts = 3

    private nonisolated let loop: EventLoop
    private let configuration: KafkaClientConfiguration
    private let pool: ConnectionPool
    private let work: AsyncStream<BackgroundWork>.Continuation
    private var view = ClusterView()
    private var lookups: [Lookup: LoopPromise<KafkaClientError?>] = [:]
    /// Who described the nodes last.
    private var describer: KafkaAddress?
    /// Who described the nodes and led to no controller, or to one that is none any more, and who was taken for it: they are
    /// asked again when nobody else answers.
    private var misleading: Set<KafkaAddress> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        loop: EventLoop, configuration: KafkaClientConfiguration, pool: ConnectionPool,
        work: AsyncStream<BackgroundWork>.Continuation
    ) {
        self.loop = loop
        self.configuration = configuration
        self.pool = pool
        self.work = work
    }

    /// The node that `route` leads to, connected; its id where it is known.
    func find(
        _ route: KafkaRoute, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> (node: ReadyNode, id: Int32?) {
        switch route {
        case .any:
            let node = try await anyNode(excluding: [], deadline: deadline)
            return (node, view.node(at: node.address))
        case .address(let address):
            return (try await pool.ready(address, deadline: deadline), view.node(at: address))
        case .broker, .controller, .leader:
            let (id, address) = try await resolve(route, deadline: deadline)
            return (try await pool.ready(address, deadline: deadline), id)
        }
    }

    private func resolve(
        _ route: KafkaRoute, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> (Int32, KafkaAddress) {
        if let id = view.node(for: route), let address = view.nodes[id] { return (id, address) }
        var lookup = Lookup.nodes
        if case .leader(let topic, _) = route { lookup = .topic(topic) }
        try await look(lookup, deadline: deadline)
        guard let id = view.node(for: route) else { throw missing(route) }
        guard let address = view.nodes[id] else {
            throw KafkaClientError(
                .unknownNode, reason: "the cluster lists no live node \(id); it has \(known())")
        }
        return (id, address)
    }

    private func known() -> String {
        view.nodes.isEmpty ? "none" : view.nodes.keys.sorted().map(String.init).joined(separator: ", ")
    }

    private func missing(_ route: KafkaRoute) -> KafkaClientError {
        switch route {
        case .leader(let topic, let partition):
            KafkaClientError(
                .noLeader, reason: "partition \(partition) of topic \(topic) has no leader or does not exist")
        case .any, .broker, .controller, .address:
            KafkaClientError(.noController, reason: "the cluster names no active controller")
        }
    }

    private func anyNode(
        excluding excluded: Set<KafkaAddress>, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> ReadyNode {
        if let node = await pool.idlest(excluding: excluded) { return node }
        var seen = excluded
        let candidates = (configuration.bootstrap + view.nodes.values.shuffled()).filter { seen.insert($0).inserted }
        return try await pool.firstReady(of: candidates, deadline: deadline)
    }

    /// Forgets what led a request astray.
    func forget(_ route: KafkaRoute) {
        if case .controller = route, configuration.role == .controllers {
            misleading = Set([describer, view.controller.flatMap { view.nodes[$0] }].compactMap(\.self))
        }
        view.forget(route)
    }

    /// The nodes as the cluster lists them now.
    func nodes(deadline: ContinuousClock.Instant) async throws(KafkaClientError) -> [Int32: KafkaAddress] {
        try await look(.nodes, deadline: deadline)
        return view.nodes
    }

    // MARK: Lookups

    private func look(_ lookup: Lookup, deadline: ContinuousClock.Instant) async throws(KafkaClientError) {
        let promise: LoopPromise<KafkaClientError?>
        if let running = lookups[lookup] {
            promise = running
        } else {
            promise = LoopPromise(on: loop)
            lookups[lookup] = promise
            work.yield(.refresh(lookup))
        }
        let failure: KafkaClientError?
        do throws(EventLoopError) {
            failure = try await promise.value(until: deadline)
        } catch {
            let code: KafkaClientError.Code = error.code == .cancelled ? .cancelled : .deadlineExceeded
            throw KafkaClientError(
                code, reason: code == .cancelled ? "cancelled" : "the cluster did not describe itself in time",
                cause: .eventLoop(error))
        }
        if let failure { throw failure }
    }

    /// Carries a lookup out; called by the client's `run()`.
    func carryOut(_ lookup: Lookup) async {
        var failure: KafkaClientError?
        do throws(KafkaClientError) {
            try await ask(lookup)
        } catch {
            failure = error
        }
        let promise = lookups.removeValue(forKey: lookup)
        await promise?.fulfil(failure)
    }

    private func ask(_ lookup: Lookup) async throws(KafkaClientError) {
        var asked: Set<KafkaAddress> = []
        var avoided = lookup == .nodes ? misleading : []
        var last: KafkaClientError?
        var isDescribed = false
        for _ in 0..<Self.lookupAttempts {
            let node: ReadyNode
            do throws(KafkaClientError) {
                node = try await anyNode(
                    excluding: asked.union(avoided), deadline: .now + configuration.connectTimeout)
            } catch {
                last = last ?? error
                if avoided.isSubset(of: asked) { break }
                avoided = []
                continue
            }
            asked.insert(node.address)
            do throws(KafkaClientError) {
                try await ask(lookup, node)
                isDescribed = true
                guard lookup == .nodes else { return }
                describer = node.address
                // A controller that was taken out of the quorum may know no active one any more; the others do.
                if configuration.role == .brokers || view.controller != nil { return }
            } catch {
                if error.code == .cancelled || error.code == .invalidRequest { throw error }
                last = error
            }
        }
        guard isDescribed else { throw last ?? KafkaClientError(.unreachable, reason: "no node describes the cluster") }
    }

    private func ask(_ lookup: Lookup, _ node: ReadyNode) async throws(KafkaClientError) {
        let deadline = ContinuousClock.now + Self.lookupTimeout
        switch (configuration.role, lookup) {
        case (.brokers, .nodes):
            try await take(
                node.exchange(MetadataRequest(topics: [], allowAutoTopicCreation: false), deadline: deadline))
        case (.brokers, .topic(let name)):
            let topic = MetadataRequest.MetadataRequestTopic(name: name)
            try await take(
                node.exchange(MetadataRequest(topics: [topic], allowAutoTopicCreation: false), deadline: deadline))
        case (.controllers, .nodes):
            let request = DescribeClusterRequest(endpointType: 2)
            let response = try await node.exchange(request, deadline: deadline).response
            try Self.check(response.errorCode, response.errorMessage, node.address, DescribeClusterRequest.apiKey)
            view.update(response)
        case (.controllers, .topic(let name)):
            throw KafkaClientError(
                .invalidRequest, reason: "controllers do not know who leads topic \(name)",
                remedy: "Ask a client of the brokers.")
        }
    }

    private func take(_ exchange: Exchange<MetadataResponse>) throws(KafkaClientError) {
        try Self.check(exchange.response.errorCode, nil, exchange.address, MetadataRequest.apiKey)
        view.update(exchange.response)
    }

    private static func check(
        _ code: ErrorCode, _ message: String?, _ address: KafkaAddress, _ api: APIKey
    ) throws(KafkaClientError) {
        guard !code.isSuccess else { return }
        throw KafkaClientError(
            .refused, at: address, api: api, reason: "\(code): \(message ?? code.meaning)",
            cause: .kafka(code, message: message))
    }
}
