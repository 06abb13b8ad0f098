import FleetModel
import KafkaProtocol

/// Kafka's administration in the fleet's own values, one call a request (or a bounded set of them).
///
/// Every call says which node must answer it and reads every error of its answer: those of a broker, a topic or a
/// partition are values beside what worked (`PartialResult`, `BrokerAnswers`), an error of the whole is thrown.
/// Nothing is retried here and nothing waited for, except where a call says so; workflows decide that.
public struct KafkaAdmin: Sendable {
    /// Which nodes the client was pointed at.
    public enum Audience: Hashable, Sendable {
        /// Brokers, by a listener for clients. They pass on to the controllers what is theirs.
        case brokers
        /// Controllers, by their own listener (KIP-919): they know the quorum when no broker lives.
        case controllers
    }

    /// Which nodes this speaks to.
    public let audience: Audience

    /// How long one request may take, and what is sent as `TimeoutMs` where a request has it.
    public var timeout: Duration

    let sender: any RequestSender

    init(sender: any RequestSender, audience: Audience, timeout: Duration) {
        self.sender = sender
        self.audience = audience
        self.timeout = timeout
    }

    /// The default of `timeout`: Kafka's own default for requests.
    public static let defaultTimeout = Duration.seconds(30)

    /// How many brokers are asked at the same time: enough to hide their latencies, few enough not to make a
    /// thousand connections at once.
    static let concurrentBrokers = 64

    var timeoutMs: Int32 {
        let (seconds, attoseconds) = timeout.components
        return Int32(
            clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue &+ attoseconds / 1_000_000_000_000_000)
    }
}

extension KafkaAdmin {
    /// Sends a request; `fallback` instead where the node's version cannot carry a field of the request.
    func call<Request: KafkaRequest>(
        _ request: Request, _ operation: AdminOperation, at target: RequestTarget = .anyNode, fallback: Request? = nil
    ) async throws(KafkaAdminError) -> Request.Response {
        do {
            return try await sender.send(request, to: target, timeout: timeout)
        } catch {
            guard let fallback, error.isFieldNotInVersion else { throw operation.failed(error) }
            return try await call(fallback, operation, at: target)
        }
    }

    /// Asks the quorum's leader. One that lost the lead while it was known as the leader answers 6, deep in its answer,
    /// and has done nothing: the new one is looked up and asked once.
    func callLeader<Request: KafkaRequest>(
        _ request: Request, _ operation: AdminOperation, at target: RequestTarget = .controller,
        code: (Request.Response) -> ErrorCode
    ) async throws(KafkaAdminError) -> Request.Response {
        let response = try await call(request, operation, at: target)
        guard code(response) == .notLeaderOrFollower else { return response }
        await sender.forget(target)
        return try await call(request, operation, at: target)
    }

    /// Runs the same question at each broker, a bounded number at a time, and keeps each answer or failure.
    func ask<Value: Sendable>(
        _ brokers: some Sequence<NodeID>,
        _ question: @escaping @Sendable (NodeID) async -> Result<Value, KafkaAdminError>
    ) async -> BrokerAnswers<Value> {
        var waiting = Array(Set(brokers)).sorted()[...]
        return await withTaskGroup(of: (NodeID, Result<Value, KafkaAdminError>).self) { group in
            func startNext() {
                guard let broker = waiting.popFirst() else { return }
                group.addTask { (broker, await question(broker)) }
            }
            for _ in 0..<Self.concurrentBrokers { startNext() }
            var answers: [NodeID: Result<Value, KafkaAdminError>] = [:]
            for await (broker, answer) in group {
                answers[broker] = answer
                startNext()
            }
            return BrokerAnswers(answers)
        }
    }
}

extension Duration {
    /// The whole milliseconds of a duration that Kafka reports as a number of them.
    static func kafka(_ milliseconds: Int32) -> Duration { .milliseconds(Int64(milliseconds)) }
}
