import FleetModel
import Glibc
import KafkaProtocol

@testable import KafkaAdmin

/// Sends each request over a connection of its own, blocking: enough to put the calls to real brokers.
struct SocketSender: RequestSender {
    /// Whom questions to any node and to the controller go to.
    let seed: Endpoint
    let nodes: [NodeID: Endpoint]

    func send<Request: KafkaRequest>(
        _ request: Request, to target: RequestTarget, timeout: Duration
    ) async throws(SendFailure) -> Request.Response {
        var endpoint: Endpoint? = seed
        if case .node(let id) = target { endpoint = nodes[id] }
        do {
            let connection = try SocketConnection(to: endpoint, timeout: timeout)
            defer { connection.end() }
            let offered = try connection.ask(
                ApiVersionsRequest(clientSoftwareName: "test", clientSoftwareVersion: "1"), version: 3)
            let range = offered.apiKeys.first { $0.apiKey == Request.apiKey }.map { $0.minVersion...$0.maxVersion }
            guard let version = range.flatMap(Request.commonVersion) else {
                throw SendFailure(SocketConnection.Closed(), "no common version", isNotOffered: true)
            }
            return try connection.ask(request, version: version)
        } catch let error as WireError {
            if case .fieldNotInVersion = error.reason {
                throw SendFailure(error, error.description, isFieldNotInVersion: true)
            }
            throw SendFailure(error, error.description)
        } catch let error as SendFailure {
            throw error
        } catch {
            throw SendFailure(error, "no answer: \(error)")
        }
    }
}

private struct SocketConnection {
    struct Closed: Error {}

    private let descriptor: Int32

    init(to endpoint: Endpoint?, timeout: Duration) throws {
        guard let endpoint else { throw Closed() }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            end()
            throw Closed()
        }
    }

    func end() { close(descriptor) }

    func ask<Request: KafkaRequest>(_ request: Request, version: Int16) throws -> Request.Response {
        let frame = try Frame.encode(request, version: version, correlationID: 9, clientID: "test")
        var sent = 0
        while sent < frame.count {
            let count = frame[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Closed() }
            sent += count
        }
        var assembler = FrameAssembler()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let payload = try assembler.next() {
                return try Frame.decodeResponse(to: Request.self, version: version, correlationID: 9, payload: payload)
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Closed() }
            assembler.append(buffer[..<count])
        }
    }
}
