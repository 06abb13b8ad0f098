internal import EventLoop
internal import KafkaProtocol

/// A connection that takes requests, and what its node offers.
struct ReadyNode: Sendable {
    var connection: NodeConnection
    var capabilities: NodeCapabilities

    var address: KafkaAddress { connection.target.address }
}

/// What a client's `run()` carries out, so that no caller's cancellation ends what others use.
enum BackgroundWork: Sendable {
    case connection(NodeConnection)
    case refresh(ClusterDirectory.Lookup)
}

/// The connections of one client by address.
actor ConnectionPool {
    /// A broker closes what is idle for 10 minutes (connections.max.idle.ms): stop using it well before, so that no
    /// request meets the close half-way.
    static let idleLimit = Duration.seconds(300)
    /// The next address is tried beside the one that has not answered for so long.
    static let stagger = Duration.milliseconds(250)

    private struct Failure {
        var count: Int
        var error: KafkaClientError
        var retryAt: ContinuousClock.Instant
    }

    private nonisolated let loop: EventLoop
    private let configuration: KafkaClientConfiguration
    private let work: AsyncStream<BackgroundWork>.Continuation
    private var connections: [KafkaAddress: [NodeConnection]] = [:]
    private var failures: [KafkaAddress: Failure] = [:]
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        loop: EventLoop, configuration: KafkaClientConfiguration, work: AsyncStream<BackgroundWork>.Continuation
    ) {
        self.loop = loop
        self.configuration = configuration
        self.work = work
    }

    /// A connection to the listener at `address` that takes requests, opened where there is none.
    ///
    /// Within the pause after a failure the failure is thrown again, and nothing is tried.
    func ready(
        _ address: KafkaAddress, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> ReadyNode {
        let connection = try connection(to: address)
        let result: Result<NodeCapabilities, KafkaClientError>
        do throws(EventLoopError) {
            result = try await connection.opened.value(until: deadline)
        } catch {
            let code: KafkaClientError.Code = error.code == .cancelled ? .cancelled : .deadlineExceeded
            throw KafkaClientError(
                code, at: address, reason: code == .cancelled ? "cancelled" : "no connection in time",
                cause: .eventLoop(error))
        }
        switch result {
        case .success(let capabilities): return ReadyNode(connection: connection, capabilities: capabilities)
        case .failure(let error):
            remove(connection, failed: error)
            throw error
        }
    }

    private func connection(to address: KafkaAddress) throws(KafkaClientError) -> NodeConnection {
        if let connection = existing(address) { return connection }
        return try open(address)
    }

    private func existing(_ address: KafkaAddress) -> NodeConnection? {
        let now = ContinuousClock.now
        let all = connections[address] ?? []
        let usable = all.filter { one in one.assumeIsolated { $0.isUsable(at: now, idleLimit: Self.idleLimit) } }
        for retired in all where !usable.contains(where: { $0 === retired }) {
            // With requests under way it ends when they have their answers, or with the client.
            retired.assumeIsolated { connection in
                if connection.load == 0 { connection.end(Self.closed(address, "the connection was idle")) }
            }
        }
        let best = usable.map { ($0, $0.assumeIsolated { $0.load }) }.min { $0.1 < $1.1 }
        guard let (connection, load) = best else { return nil }
        return load > 0 && usable.count < configuration.connectionsPerNode ? nil : connection
    }

    private func open(_ address: KafkaAddress) throws(KafkaClientError) -> NodeConnection {
        if isClosed { throw Self.closed(address, "the client has ended") }
        if let failure = failures[address], ContinuousClock.now < failure.retryAt { throw failure.error }
        let target = NodeConnection.Target(
            address: address, endpoint: configuration.endpoint(address), tls: configuration.security.tls,
            openTimeout: configuration.connectTimeout)
        let machine = ConnectionStateMachine(
            .init(
                address: address, clientID: configuration.clientID, login: configuration.security.login,
                nonce: Self.nonce(), frameLimit: configuration.frameLimit))
        let connection = NodeConnection(
            loop: loop, target: target, clientID: configuration.clientID, machine: machine)
        connections[address, default: []].append(connection)
        work.yield(.connection(connection))
        return connection
    }

    /// 192 random bits in characters that SCRAM allows.
    private static func nonce() -> String {
        Base64.encode((0..<24).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// A connection that takes requests right now, the one with the fewest; `excluded` addresses left out.
    func idlest(excluding excluded: Set<KafkaAddress>) -> ReadyNode? {
        let now = ContinuousClock.now
        var best: (node: ReadyNode, load: Int)?
        for (address, all) in connections where !excluded.contains(address) {
            for connection in all {
                let state = connection.assumeIsolated { one -> (capabilities: NodeCapabilities, load: Int)? in
                    guard one.hasBeenReady, one.isUsable(at: now, idleLimit: Self.idleLimit) else { return nil }
                    return (one.capabilities, one.load)
                }
                guard let state, state.load < best?.load ?? .max else { continue }
                best = (ReadyNode(connection: connection, capabilities: state.capabilities), state.load)
            }
        }
        return best?.node
    }

    private enum Attempt: Sendable {
        case ready(ReadyNode)
        case failed(KafkaClientError)
        case pause
    }

    /// The first of `addresses` that gives a connection: tried in their order, each a little after the one before or
    /// as soon as that has failed.
    func firstReady(
        of addresses: [KafkaAddress], deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> ReadyNode {
        let result = await withTaskGroup(of: Attempt.self) { group -> Result<ReadyNode, KafkaClientError> in
            var upcoming = addresses[...]
            var running = 0
            var failures: [KafkaClientError] = []
            while true {
                if let address = upcoming.popFirst() {
                    running += 1
                    group.addTask { await self.attempt(address, deadline: deadline) }
                    if !upcoming.isEmpty { group.addTask { await self.pause() } }
                } else if running == 0 {
                    break
                }
                switch await group.next() {
                case .ready(let node):
                    group.cancelAll()
                    return .success(node)
                case .failed(let error):
                    running -= 1
                    failures.append(error)
                case .pause: break
                case nil: running = 0
                }
            }
            group.cancelAll()
            return .failure(Self.combined(failures))
        }
        return try result.get()
    }

    private func attempt(_ address: KafkaAddress, deadline: ContinuousClock.Instant) async -> Attempt {
        do throws(KafkaClientError) {
            return .ready(try await ready(address, deadline: deadline))
        } catch {
            return .failed(error)
        }
    }

    private func pause() async -> Attempt {
        // Cancelled when a node has answered.
        try? await loop.sleep(for: Self.stagger)
        return .pause
    }

    private static func combined(_ failures: [KafkaClientError]) -> KafkaClientError {
        guard failures.count != 1, let first = failures.first else {
            return failures.first
                ?? KafkaClientError(
                    .unreachable, reason: "no address is known", remedy: "Name at least one bootstrap address.")
        }
        // What all have in common is the reason; a cancellation or passed deadline is nobody's fault.
        let same = failures.allSatisfy { $0.code == first.code }
        let words = failures.map { "\($0.address.map { "\($0)" } ?? "?"): \($0.reason)" }.joined(separator: "; ")
        return KafkaClientError(
            same ? first.code : .unreachable, reason: "no node answers (\(words))", cause: .nodes(failures),
            remedy: first.remedy)
    }

    /// The connection's `run()` has returned.
    func finished(_ connection: NodeConnection) {
        let state = connection.assumeIsolated { ($0.hasBeenReady, $0.failure) }
        remove(connection, failed: state.0 ? nil : state.1)
    }

    private func remove(_ connection: NodeConnection, failed error: KafkaClientError?) {
        let address = connection.target.address
        guard let place = connections[address]?.firstIndex(where: { $0 === connection }) else { return }
        connections[address]?.remove(at: place)
        if connections[address]?.isEmpty == true { connections[address] = nil }
        guard let error else {
            failures[address] = nil
            return
        }
        let count = (failures[address]?.count ?? 0) + 1
        let pause = configuration.retry.pause(after: count, random: .random(in: 0..<1))
        failures[address] = Failure(count: count, error: error, retryAt: .now + pause)
    }

    /// Ends every connection; no other is opened.
    func close() {
        isClosed = true
        for connection in connections.values.joined() {
            connection.assumeIsolated { $0.end(Self.closed($0.target.address, "the client has ended")) }
        }
    }

    private static func closed(_ address: KafkaAddress, _ reason: String) -> KafkaClientError {
        KafkaClientError(.closed, at: address, reason: reason)
    }
}
