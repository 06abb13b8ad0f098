public import EventLoop
public import KafkaProtocol

/// A client of one cluster: connections to its nodes, versions, login, routing, deadlines, retries.
///
/// Made by ``withKafkaClient(_:on:_:)``. Any number of tasks may use it at once; their requests to one node share a
/// connection. Answers come back as Kafka's own messages, error codes included.
public final class KafkaClient: Sendable {
    /// What the client was made with.
    public let configuration: KafkaClientConfiguration

    private let loop: EventLoop
    private let pool: ConnectionPool
    private let directory: ClusterDirectory
    private let work: AsyncStream<BackgroundWork>

    init(configuration: KafkaClientConfiguration, loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        let (work, continuation) = AsyncStream.makeStream(of: BackgroundWork.self)
        self.work = work
        pool = ConnectionPool(loop: loop, configuration: configuration, work: continuation)
        directory = ClusterDirectory(loop: loop, configuration: configuration, pool: pool, work: continuation)
    }

    /// Runs connections and lookups until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await work in work {
                group.addTask {
                    switch work {
                    case .connection(let connection):
                        await connection.run()
                        await self.pool.finished(connection)
                    case .refresh(let lookup): await self.directory.carryOut(lookup)
                    }
                }
            }
            group.cancelAll()
        }
        await pool.close()
    }

    // MARK: Requests

    /// Sends `request` and returns the answer, whatever error codes it carries.
    ///
    /// Repeated within `deadline`, by `retry`, are: failures before the request was sent; failures after it and
    /// retriable codes for the answer as a whole, where the request changes nothing; and `NOT_CONTROLLER`. An answer
    /// that still carries a code after the last attempt is returned. Codes deeper in an answer are the caller's.
    ///
    /// - Parameters:
    ///   - request: the message; `ProduceRequest` must ask for acknowledgements, without which there is no answer.
    ///   - route: the node.
    ///   - deadline: until when there must be an answer, retries included.
    ///   - versionLimit: the highest version to use, where a later one means something else.
    ///   - retry: instead of the configuration's policy.
    /// - Returns: the answer.
    /// - Throws: `KafkaClientError`, whose `wasSent` says whether the request may have been carried out.
    public func send<Request: KafkaRequest>(
        _ request: Request, to route: KafkaRoute, deadline: ContinuousClock.Instant, versionLimit: Int16? = nil,
        retry: RetryPolicy? = nil
    ) async throws(KafkaClientError) -> Request.Response {
        try await ask(request, of: route, deadline: deadline, versionLimit: versionLimit, retry: retry).response
    }

    /// Like ``send(_:to:deadline:versionLimit:retry:)``, and tells who answered and in which version.
    ///
    /// - Throws: `KafkaClientError`.
    public func ask<Request: KafkaRequest>(
        _ request: Request, of route: KafkaRoute, deadline: ContinuousClock.Instant, versionLimit: Int16? = nil,
        retry: RetryPolicy? = nil
    ) async throws(KafkaClientError) -> KafkaAnswer<Request.Response> {
        if let produce = request as? ProduceRequest, produce.acks == 0 {
            throw KafkaClientError(
                .invalidRequest, api: Request.apiKey, reason: "acks=0 has no answer", remedy: "Ask for acks=1 or -1.")
        }
        return try await repeating(
            route, deadline: deadline, policy: retry ?? configuration.retry, isReadOnly: Request.isReadOnly,
            api: Request.apiKey
        ) { node, id throws(KafkaClientError) in
            let exchange = try await node.exchange(request, atMost: versionLimit, deadline: deadline)
            let answer = KafkaAnswer(
                response: exchange.response, node: id, address: exchange.address, version: exchange.version)
            let code = (exchange.response as? any CarriesErrorCode)?.errorCode ?? 0
            let again = RetryPolicy.mayRepeat(code, isReadOnly: Request.isReadOnly)
            return again ? .repeatable(answer) : .final(answer)
        }
    }

    /// What the node at `route` offers: its versions and features, as of when its connection was opened.
    ///
    /// - Throws: `KafkaClientError`.
    public func capabilities(
        of route: KafkaRoute, deadline: ContinuousClock.Instant, retry: RetryPolicy? = nil
    ) async throws(KafkaClientError) -> NodeCapabilities {
        try await repeating(
            route, deadline: deadline, policy: retry ?? configuration.retry, isReadOnly: true,
            api: .apiVersions
        ) { node, _ throws(KafkaClientError) in .final(node.capabilities) }
    }

    /// The nodes that the cluster lists now, by id: live brokers, or in role controllers all registered controllers.
    ///
    /// - Throws: `KafkaClientError`.
    public func nodes(
        deadline: ContinuousClock.Instant, retry: RetryPolicy? = nil
    ) async throws(KafkaClientError) -> [Int32: KafkaAddress] {
        let policy = retry ?? configuration.retry
        var failures = 0
        while true {
            do throws(KafkaClientError) {
                return try await directory.nodes(deadline: deadline)
            } catch {
                failures += 1
                guard RetryPolicy.mayRepeat(error, isReadOnly: true), failures < policy.attempts,
                    try await pause(policy, failures, deadline: deadline)
                else { throw error }
            }
        }
    }

    /// Forgets where `route` leads, so that it is looked up before the next request: for codes deep in an answer, as
    /// `NOT_LEADER_OR_FOLLOWER`.
    public func forget(_ route: KafkaRoute) async {
        await directory.forget(route)
    }

    // MARK: Retries

    private enum Outcome<Value> {
        case final(Value)
        /// As good as it gets if there is no other attempt.
        case repeatable(Value)
    }

    private func repeating<Value>(
        _ route: KafkaRoute, deadline: ContinuousClock.Instant, policy: RetryPolicy, isReadOnly: Bool, api: APIKey,
        _ attempt: (ReadyNode, Int32?) async throws(KafkaClientError) -> Outcome<Value>
    ) async throws(KafkaClientError) -> Value {
        var failures = 0
        while true {
            do throws(KafkaClientError) {
                let (node, id) = try await directory.find(route, deadline: deadline)
                switch try await attempt(node, id) {
                case .final(let value): return value
                case .repeatable(let value):
                    failures += 1
                    await directory.forget(route)
                    guard failures < policy.attempts, try await pause(policy, failures, deadline: deadline) else {
                        return value
                    }
                }
            } catch {
                failures += 1
                await directory.forget(route)
                guard RetryPolicy.mayRepeat(error, isReadOnly: isReadOnly), failures < policy.attempts,
                    try await pause(policy, failures, deadline: deadline)
                else { throw error.api == nil ? error.of(api, wasSent: error.wasSent) : error }
            }
        }
    }

    /// Waits before the next attempt; false when the deadline leaves no time for one.
    private func pause(
        _ policy: RetryPolicy, _ failures: Int, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> Bool {
        let end = ContinuousClock.now + policy.pause(after: failures, random: .random(in: 0..<1))
        guard end < deadline else { return false }
        do throws(EventLoopError) {
            try await loop.sleep(until: end)
            return true
        } catch {
            throw KafkaClientError(.cancelled, reason: "cancelled", cause: .eventLoop(error))
        }
    }
}

/// An answer, and who gave it.
public struct KafkaAnswer<Response: Sendable>: Sendable {
    /// The message.
    public var response: Response
    /// The node's id, where the client knows it.
    public var node: Int32?
    /// The listener that answered.
    public var address: KafkaAddress
    /// The version in which request and answer were written.
    public var version: Int16
}

/// Runs `body` with a client, whose connections are closed when `body` has returned or thrown.
///
/// - Throws: what `body` throws.
public func withKafkaClient<Value: Sendable>(
    _ configuration: KafkaClientConfiguration, on loop: EventLoop, _ body: (KafkaClient) async throws -> Value
) async throws -> Value {
    let client = KafkaClient(configuration: configuration, loop: loop)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// Like ``withKafkaClient(_:on:_:)``, on an event loop of its own.
///
/// - Throws: what `body` throws; `EventLoopError` when descriptors or threads have run out.
public func withKafkaClient<Value: Sendable>(
    _ configuration: KafkaClientConfiguration, _ body: (KafkaClient) async throws -> Value
) async throws -> Value {
    try await withEventLoop { loop in try await withKafkaClient(configuration, on: loop, body) }
}
