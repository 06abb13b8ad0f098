import FleetModel
public import KafkaClient
import KafkaProtocol

extension KafkaAdmin {
    /// Administration through a client, which was pointed at brokers or at controllers and says so.
    ///
    /// - Parameters:
    ///   - client: Reaches the nodes; it must outlive this value.
    ///   - timeout: How long one request may take, retries included.
    ///   - retry: Instead of the client's own policy; `.once` for looking at what may be dead.
    public init(_ client: KafkaClient, timeout: Duration = defaultTimeout, retry: RetryPolicy? = nil) {
        self.init(
            sender: ClientSender(client: client, retry: retry),
            audience: client.configuration.role == .controllers ? .controllers : .brokers, timeout: timeout)
    }
}

/// Sends through the client.
struct ClientSender: RequestSender {
    let client: KafkaClient
    let retry: RetryPolicy?

    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout: Duration
    ) async throws(SendFailure) -> Request.Response {
        do {
            return try await client.send(request, to: KafkaRoute(target), deadline: .now + timeout, retry: retry)
        } catch {
            throw SendFailure(error)
        }
    }

    func forget(_ target: RequestTarget) async { await client.forget(KafkaRoute(target)) }
}

extension KafkaRoute {
    fileprivate init(_ target: RequestTarget) {
        switch target {
        case .anyNode: self = .any
        case .node(let id): self = .broker(id.rawValue)
        case .controller: self = .controller
        }
    }
}

extension SendFailure {
    fileprivate init(_ error: KafkaClientError) {
        var isFieldNotInVersion = false
        if case .wire(let wire) = error.cause, case .fieldNotInVersion = wire.reason { isFieldNotInVersion = true }
        self.init(
            cause: error, text: error.address.map { "\($0): \(error.reason)" } ?? error.reason, remedy: error.remedy,
            outcomeUnknown: error.wasSent, isNotOffered: error.code == .unsupportedVersion,
            isFieldNotInVersion: isFieldNotInVersion)
    }
}
