internal import CSystem
internal import Glibc
internal import Threads

/// A listening socket on an event loop.
public actor Listener {
    /// The loop it lives on.
    public nonisolated let loop: EventLoop
    /// Where it listens, with the port the kernel chose where 0 was asked for.
    public nonisolated let endpoint: Endpoint

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private(set) var descriptor: CInt
    private var token: UInt64 = 0
    private var mayAccept = true
    private var accepting: UInt64?

    fileprivate init(loop: EventLoop, endpoint: Endpoint, descriptor: CInt) {
        self.loop = loop
        self.endpoint = endpoint
        self.descriptor = descriptor
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    fileprivate func register() throws(EventLoopError) {
        token = try loop.register(descriptor, self)
    }

    /// The next connection; its ``Connection/peer`` is the peer's numeric address. One task may accept at a time.
    ///
    /// - Throws: `EventLoopError`: `cancelled`, `deadlineExceeded`, `closed`, `system` when descriptors have run out.
    public func accept(deadline: ContinuousClock.Instant? = nil) async throws(EventLoopError) -> Connection {
        precondition(accepting == nil, "a listener has one acceptor")
        while true {
            guard descriptor >= 0 else { throw EventLoopError(.closed, during: "accept", at: endpoint) }
            if mayAccept {
                let accepted = csystem_accept(descriptor)
                if accepted >= 0 { return try await take(accepted) }
                switch errno {
                case EAGAIN: mayAccept = false
                case EINTR, ECONNABORTED: continue
                default: throw .system(errno, during: "accept", at: endpoint)
                }
            }
            let wake = await loop.park(until: deadline) { number in
                accepting = number
                return !mayAccept && descriptor >= 0
            }
            accepting = nil
            switch wake {
            case .ready: continue
            case .deadline: throw EventLoopError(.deadlineExceeded, during: "accept", at: endpoint)
            case .cancelled: throw EventLoopError(.cancelled, during: "accept", at: endpoint)
            }
        }
    }

    private func take(_ accepted: CInt) async throws(EventLoopError) -> Connection {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutablePointer(to: &storage) { pointer -> SocketAddress? in
            let code = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(accepted, $0, &length) }
            return code == 0 ? SocketAddress(copying: pointer, length: length) : nil
        }
        let peer = address?.numeric.map { Endpoint.tcp(host: $0.host, port: $0.port) } ?? endpoint
        let connection = Connection(loop: loop, peer: peer, descriptor: accepted)
        try await connection.register()
        return connection
    }

    /// Stops listening; connections that were accepted live on. A second close is no mistake.
    public func close() {
        guard descriptor >= 0 else { return }
        loop.deregister(token)
        Glibc.close(descriptor)
        descriptor = -1
        if let accepting { loop.wake(accepting, .ready) }
    }
}

extension Listener: EventSource {
    nonisolated func ready(_ readiness: ReadySet.Ready) {
        assumeIsolated { listener in
            listener.mayAccept = true
            if let accepting = listener.accepting { listener.loop.wake(accepting, .ready) }
        }
    }

    nonisolated func turnEnded() {}

    nonisolated func loopIsStopping() {
        assumeIsolated { listener in listener.close() }
    }
}

extension EventLoop {
    /// Connections the kernel keeps for a listener until they are accepted, unless it is told otherwise.
    public static let usualBacklog: Int32 = 512

    /// Listens on a numeric host with a port (0: any that is free), or on a path that does not exist yet.
    ///
    /// The caller closes the listener, and removes a unix socket's path.
    ///
    /// - Throws: `EventLoopError`: `unreachable` for an address that is not this machine's, `system` for one in use.
    public func listen(
        on endpoint: Endpoint, backlog: Int32 = EventLoop.usualBacklog
    ) async throws(EventLoopError) -> Listener {
        let (descriptor, bound) = try Self.boundSocket(endpoint, backlog)
        let listener = Listener(loop: self, endpoint: bound, descriptor: descriptor)
        try await listener.register()
        return listener
    }

    private static func boundSocket(_ endpoint: Endpoint, _ backlog: Int32) throws(EventLoopError) -> (CInt, Endpoint) {
        guard let address = localAddress(endpoint) else {
            throw EventLoopError(
                .unreachable, during: "listen", at: endpoint,
                reason: "not a numeric address or a path of 1 to 107 bytes")
        }
        let descriptor = csystem_stream_socket(address.family)
        guard descriptor >= 0 else { throw .system(errno, during: "listen", at: endpoint) }
        var one: CInt = 1
        // A port in TIME_WAIT may be taken again.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        let bound = address.withPointer { bind(descriptor, $0, $1) } == 0
        guard bound, Glibc.listen(descriptor, backlog) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw .system(number, during: "listen", at: endpoint)
        }
        guard let numeric = SocketAddress(boundTo: descriptor)?.numeric else { return (descriptor, endpoint) }
        return (descriptor, .tcp(host: numeric.host, port: numeric.port))
    }

    private static func localAddress(_ endpoint: Endpoint) -> SocketAddress? {
        switch endpoint {
        case .tcp(let host, let port):
            try? AddressLookup.addresses(host: host, port: port, numericOnly: true).first
        case .unix(let path): SocketAddress(path: path)
        }
    }
}
