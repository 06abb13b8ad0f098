import FleetModel
import KafkaProtocol

/// How requests reach nodes: the client, or a stand-in in tests.
protocol RequestSender: Sendable {
    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout: Duration
    ) async throws(SendFailure) -> Request.Response

    /// Forgets where `target` is, so that it is looked up before the next request.
    func forget(_ target: RequestTarget) async
}

extension RequestSender {
    func forget(_ target: RequestTarget) async {}
}

/// Where a request goes.
enum RequestTarget: Hashable, Sendable {
    /// Whichever node answers.
    case anyNode
    /// This one and no other.
    case node(NodeID)
    /// The controller that the cluster names; the active one when the client speaks to controllers.
    case controller
}

/// Why no answer came, or none that could be read.
struct SendFailure: Error {
    /// What the client says.
    let cause: any Error
    /// In a sentence.
    let text: String
    /// The next act.
    let remedy: String
    /// Whether the request may have been carried out all the same.
    let outcomeUnknown: Bool
    /// Whether the node does not offer the API, at no version that is known here.
    let isNotOffered: Bool
    /// Whether the node's version lacks a field that the request sets.
    let isFieldNotInVersion: Bool
}
