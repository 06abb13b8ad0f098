internal import CSystem
internal import Glibc

/// How TLS is used towards a server.
public struct TLSUse: Sendable {
    /// Trust and identity, made once and shared by all connections.
    public var context: TLSContext
    /// The name or numeric address the server's certificate must carry; nil for the endpoint's host.
    public var serverName: String?

    /// TLS by `context`, for a server called `serverName` (nil for the endpoint's host).
    public init(_ context: TLSContext, serverName: String? = nil) {
        self.context = context
        self.serverName = serverName
    }
}

extension EventLoop {
    /// A connection to `endpoint`, its TLS handshake done where `tls` is given. The caller closes it.
    ///
    /// Every address of the name is tried in the resolver's order, each with a fair part of the time that is left.
    ///
    /// - Throws: `EventLoopError`: `nameNotResolved`, `connectionRefused`, `unreachable`, `deadlineExceeded`,
    ///   `cancelled`, `limitReached`, and the failures of ``Connection/secure(with:serverName:deadline:)``.
    public func connect(
        to endpoint: Endpoint, tls: TLSUse? = nil, deadline: ContinuousClock.Instant
    ) async throws(EventLoopError) -> Connection {
        try await Connector(loop: self, endpoint: endpoint, deadline: deadline).connect(tls: tls)
    }

    /// Runs `body` with a connection to `endpoint`, which is closed when `body` has returned or thrown.
    ///
    /// - Throws: what ``connect(to:tls:deadline:)`` and `body` throw.
    public func withConnection<Value: Sendable>(
        to endpoint: Endpoint, tls: TLSUse? = nil, deadline: ContinuousClock.Instant,
        _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        let connection = try await connect(to: endpoint, tls: tls, deadline: deadline)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// Tries the addresses of one endpoint, on the loop.
private actor Connector {
    private let loop: EventLoop
    private let endpoint: Endpoint
    private let deadline: ContinuousClock.Instant
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop, endpoint: Endpoint, deadline: ContinuousClock.Instant) {
        self.loop = loop
        self.endpoint = endpoint
        self.deadline = deadline
    }

    func connect(tls: TLSUse?) async throws(EventLoopError) -> Connection {
        let connection = try await connectPlain()
        guard let tls else { return connection }
        do throws(EventLoopError) {
            try await connection.secure(with: tls.context, serverName: tls.serverName, deadline: deadline)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    private func connectPlain() async throws(EventLoopError) -> Connection {
        let addresses = try await addresses()
        var failures: [EventLoopError] = []
        for (index, address) in addresses.enumerated() {
            let share = (deadline - .now) / (addresses.count - index)
            do throws(EventLoopError) {
                return try await connect(address, deadline: .now + share)
            } catch {
                guard error.code != .cancelled else { throw error }
                failures.append(error)
            }
        }
        guard var error = failures.last else {
            throw EventLoopError(.nameNotResolved, during: "connect", at: endpoint)
        }
        if failures.count > 1 {
            error.reason = zip(addresses, failures)
                .map { "\($0.numeric?.host ?? "?"): \($1.reason.isEmpty ? $1.code.rawValue : $1.reason)" }
                .joined(separator: "; ")
        }
        throw error
    }

    private func addresses() async throws(EventLoopError) -> [SocketAddress] {
        switch endpoint {
        case .tcp(let host, let port):
            return try await loop.resolver.addresses(
                host: host, port: port, endpoint: endpoint, deadline: deadline, timers: loop
            ).get()
        case .unix(let path):
            guard let address = SocketAddress(path: path) else {
                throw EventLoopError(
                    .unreachable, during: "connect", at: endpoint,
                    reason: "the path of a unix socket has 1 to 107 bytes", remedy: "Choose a shorter path.")
            }
            return [address]
        }
    }

    private func connect(
        _ address: SocketAddress, deadline: ContinuousClock.Instant
    ) async throws(EventLoopError) -> Connection {
        let descriptor = csystem_stream_socket(address.family)
        guard descriptor >= 0 else { throw .system(errno, during: "connect", at: endpoint) }
        let connection = Connection(loop: loop, peer: endpoint, descriptor: descriptor)
        do throws(EventLoopError) {
            try await connection.establish(address, deadline: deadline)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }
}
