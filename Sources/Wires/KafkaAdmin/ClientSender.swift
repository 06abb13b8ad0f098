import FleetModel
public import KafkaClient
import KafkaProtocol

extension KafkaAdmin {
    /// Administration through `client`: its role says whether brokers or controllers are spoken to.
    public init(_ client: KafkaClient, timeout: Duration = KafkaAdmin.defaultTimeout) {
        self.init(
            sender: ClientSender(client: client),
            audience: client.configuration.role == .brokers ? .brokers : .controllers, timeout: timeout)
    }
}

/// Sends by the client; its errors in the words that the calls need.
private struct ClientSender: RequestSender {
    let client: KafkaClient

    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout: Duration
    ) async throws(SendFailure) -> Request.Response {
        let route: KafkaRoute =
            switch target {
            case .anyNode: .any
            case .node(let id): .broker(id.rawValue)
            case .controller: .controller
            }
        do throws(KafkaClientError) {
            return try await client.send(request, to: route, deadline: ContinuousClock.now + timeout)
        } catch {
            throw SendFailure(
                cause: error, text: Self.text(error), remedy: error.remedy, outcomeUnknown: error.wasSent,
                isNotOffered: error.code == .unsupportedVersion, isFieldNotInVersion: Self.isFieldNotInVersion(error))
        }
    }

    private static func text(_ error: KafkaClientError) -> String {
        error.address.map { "\($0): \(error.reason)" } ?? error.reason
    }

    private static func isFieldNotInVersion(_ error: KafkaClientError) -> Bool {
        if case .wire(let wire) = error.cause, case .fieldNotInVersion = wire.reason { true } else { false }
    }
}
