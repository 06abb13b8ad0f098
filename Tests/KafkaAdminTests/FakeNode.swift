public import FleetModel
import Foundation
import KafkaProtocol

@testable import KafkaAdmin

/// A broker or controller that speaks the protocol's bytes: it answers what a test teaches it, at the versions that
/// it offers, and remembers what it was asked.
final class FakeNode: @unchecked Sendable {
    typealias Answer = @Sendable (_ payload: [UInt8], _ header: RequestHeader) throws -> [UInt8]

    let id: NodeID
    private let lock = NSLock()
    private var answers: [APIKey: Answer] = [:]
    private var offeredVersions: [APIKey: ClosedRange<Int16>] = [:]
    private var asked: [(request: any KafkaRequest, version: Int16)] = []

    init(_ id: NodeID) { self.id = id }

    /// Teaches it to answer a request, at all versions or at these.
    func on<Request: KafkaRequest>(
        _: Request.Type, versions: ClosedRange<Int16> = Request.supportedVersions,
        _ answer: @escaping @Sendable (Request) throws -> Request.Response
    ) {
        lock.withLock {
            offeredVersions[Request.apiKey] = versions
            answers[Request.apiKey] = { payload, header in
                let request = try Frame.decodeRequest(Request.self, payload: payload).request
                self.lock.withLock { self.asked.append((request, header.apiVersion)) }
                return try Frame.encodeResponse(
                    answer(request), to: Request.self, version: header.apiVersion, correlationID: header.correlationID)
            }
        }
    }

    /// The requests of a type that reached it, in their order.
    func requests<Request: KafkaRequest>(_: Request.Type) -> [Request] {
        lock.withLock { asked.compactMap { $0.request as? Request } }
    }

    /// Teaches it to answer a request with these bytes, whatever they are.
    func on<Request: KafkaRequest>(_: Request.Type, bytes: [UInt8]) {
        lock.withLock {
            offeredVersions[Request.apiKey] = Request.supportedVersions
            answers[Request.apiKey] = { _, _ in bytes }
        }
    }

    func offered(_ key: APIKey) -> ClosedRange<Int16>? { lock.withLock { offeredVersions[key] } }

    /// Answers a payload with a frame; nil where a real node would close the connection.
    func answer(_ payload: [UInt8]) throws -> [UInt8]? {
        let header = try Frame.requestHeader(of: payload)
        if header.apiKey == .apiVersions, offered(.apiVersions) == nil { return try versions(header) }
        guard let answer = lock.withLock({ answers[header.apiKey] }) else { return nil }
        return try answer(payload, header)
    }

    /// What it offers, as far as it was taught.
    private func versions(_ header: RequestHeader) throws -> [UInt8] {
        let offered = lock.withLock { offeredVersions }.merging([.apiVersions: 0...4]) { $1 }
        let response = ApiVersionsResponse(
            apiKeys: offered.map {
                .init(apiKey: $0.key, minVersion: $0.value.lowerBound, maxVersion: $0.value.upperBound)
            })
        return try Frame.encodeResponse(
            response, to: ApiVersionsRequest.self, version: header.apiVersion, correlationID: header.correlationID)
    }
}

/// Several fake nodes behind one sender, every request and answer through the codec.
struct FakeCluster: RequestSender {
    struct Unreachable: Error {}

    var nodes: [FakeNode]
    var controller: NodeID

    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout _: Duration
    ) async throws(SendFailure) -> Request.Response {
        let node =
            switch target {
            case .anyNode: nodes.first
            case .node(let id): nodes.first { $0.id == id }
            case .controller: nodes.first { $0.id == controller }
            }
        guard let node else { throw SendFailure(Unreachable(), "the connection was refused") }
        guard let version = node.offered(Request.apiKey).flatMap(Request.commonVersion) else {
            throw SendFailure(Unreachable(), "no common version", isNotOffered: true)
        }
        do {
            let frame = try Frame.encode(request, version: version, correlationID: 1, clientID: "test")
            guard let answer = try node.answer(Array(frame.dropFirst(4))) else {
                throw SendFailure(Unreachable(), "the connection was closed")
            }
            return try Frame.decodeResponse(
                to: Request.self, version: version, correlationID: 1, payload: Array(answer.dropFirst(4)))
        } catch let error as WireError {
            if case .fieldNotInVersion = error.reason {
                throw SendFailure(error, error.description, isFieldNotInVersion: true)
            }
            throw SendFailure(error, error.description)
        } catch let error as SendFailure {
            throw error
        } catch {
            throw SendFailure(error, "the node failed: \(error)")
        }
    }
}

extension SendFailure {
    init(_ cause: any Error, _ text: String, isNotOffered: Bool = false, isFieldNotInVersion: Bool = false) {
        self.init(
            cause: cause, text: text, remedy: "Mend it.", outcomeUnknown: false, isNotOffered: isNotOffered,
            isFieldNotInVersion: isFieldNotInVersion)
    }
}

extension KafkaAdmin {
    init(_ nodes: FakeNode..., controller: NodeID? = nil, audience: Audience = .brokers) {
        self.init(FakeCluster(nodes: nodes, controller: controller ?? nodes[0].id), audience: audience)
    }

    init(_ cluster: FakeCluster, audience: Audience = .brokers) {
        self.init(sender: cluster, audience: audience, timeout: .seconds(5))
    }
}

extension NodeID: ExpressibleByIntegerLiteral {
    /// An id as tests write it.
    public init(integerLiteral value: Int32) {
        guard let id = NodeID(rawValue: value) else { preconditionFailure("a negative id in a test") }
        self = id
    }
}
