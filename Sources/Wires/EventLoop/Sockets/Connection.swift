internal import CSystem
internal import Glibc
internal import Threads

/// A byte stream to one peer over TCP or a unix socket, plain or under TLS.
///
/// It lives on an event loop; another actor on the same loop reaches it without a change of thread, and synchronously
/// by `assumeIsolated`. One task may read at a time; any number may write, and their bytes never mix within a call.
public actor Connection {
    /// Unsent bytes from which on ``write(_:)`` waits: a slow reader costs this much memory, not more.
    public static let highWater = 1024 * 1024
    /// Bytes moved in one direction in one turn of the loop before the others' turn comes.
    static let fairShare = 512 * 1024

    /// The loop it lives on.
    public nonisolated let loop: EventLoop
    /// The other side, as it was asked for; for an accepted connection the peer's numeric address.
    public nonisolated let peer: Endpoint

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private(set) var descriptor: CInt
    private var token: UInt64 = 0
    var filter: TLSFilter?
    private var outbound = OutboundBytes()

    private var mayRead = true
    private var mayWrite = true
    private var peerEnded = false
    private var finishing = false
    private(set) var failure: EventLoopError?
    /// Only writing failed: what the peer said before it went may still be read, and tells the reason.
    private var writeFailure: EventLoopError?
    private var connecting: UInt64?

    private var reader: UInt64?
    private var writers: [(number: UInt64, below: Int)] = []
    private var turnEndAsked = false
    private var share = (turn: UInt64(0), read: 0)

    /// Takes over a non-blocking descriptor.
    init(loop: EventLoop, peer: Endpoint, descriptor: CInt) {
        self.loop = loop
        self.peer = peer
        self.descriptor = descriptor
    }

    deinit {
        // Registered connections are held by the loop, so this one was never registered or is closed.
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Starts watching a descriptor that is connected; once, before any other call.
    func register() throws(EventLoopError) {
        token = try loop.register(descriptor, self)
    }

    /// Connects the descriptor; once, before any other call.
    func establish(_ address: SocketAddress, deadline: ContinuousClock.Instant) async throws(EventLoopError) {
        let descriptor = descriptor
        let code = address.withPointer { pointer, length in
            Glibc.connect(descriptor, pointer, length) == 0 ? 0 : errno
        }
        guard code == 0 || code == EINPROGRESS || code == EINTR else {
            throw .system(code, during: "connect", at: peer)
        }
        // Only now: a socket that is not connecting yet would be reported as hung up.
        mayWrite = code == 0
        try register()
        while !mayWrite {
            let wake = await loop.park(until: deadline) { number in
                connecting = number
                return !mayWrite && self.descriptor >= 0
            }
            connecting = nil
            switch wake {
            case .ready: if self.descriptor < 0 { throw EventLoopError(.closed, during: "connect", at: peer) }
            case .deadline: throw EventLoopError(.deadlineExceeded, during: "connect", at: peer)
            case .cancelled: throw EventLoopError(.cancelled, during: "connect", at: peer)
            }
        }
        let error = csystem_socket_error(descriptor)
        guard error == 0 else { throw .system(error > 0 ? error : errno, during: "connect", at: peer) }
    }

    // MARK: Reading

    /// The next bytes, at least one and at most `limit`; nil once the peer has ended its side.
    ///
    /// A read that is cancelled or late takes nothing: the next read goes on where it was.
    ///
    /// - Throws: `EventLoopError`: `cancelled`, `deadlineExceeded`, `closed`, `connectionReset`, and under TLS
    ///   `clientCertificateRejected` or `tlsFailed` where the peer says so only after the handshake.
    public func read(
        upTo limit: Int = 64 * 1024, deadline: ContinuousClock.Instant? = nil
    ) async throws(EventLoopError) -> [UInt8]? {
        precondition(limit > 0 && reader == nil, "a connection has one reader, who takes at least a byte")
        while true {
            if let filter {
                if let plain = try readPlain(filter, upTo: limit) { return plain }
                if filter.isEnded { return nil }
            }
            switch try pull(upTo: filter == nil ? limit : EventLoop.scratchSize) {
            case .bytes(let bytes):
                guard let filter else { return bytes }
                filter.receive(bytes)
            case .end: return nil
            case .nothing: try await waitForBytes(deadline: deadline, during: "read")
            }
        }
    }

    enum Pulled {
        case bytes([UInt8])
        case end
        case nothing
    }

    func pull(upTo limit: Int) throws(EventLoopError) -> Pulled {
        if descriptor < 0 { throw failure ?? EventLoopError(.closed, during: "read", at: peer) }
        guard mayRead, hasShareLeft() else { return .nothing }
        let descriptor = descriptor
        var number: CInt = 0
        let bytes = loop.onLoop { state in
            state.scratch.withUnsafeMutableBytes { scratch -> [UInt8]? in
                var count: Int
                repeat {
                    count = recv(descriptor, scratch.baseAddress, min(limit, scratch.count), 0)
                } while count < 0 && errno == EINTR
                if count < 0 {
                    number = errno
                    return nil
                }
                return Array(scratch[..<count])
            }
        }
        guard let bytes else {
            if number == EAGAIN {
                mayRead = false
                return .nothing
            }
            let error = EventLoopError.system(number, during: "read", at: peer)
            fail(error)
            throw failure ?? error
        }
        if bytes.isEmpty { return .end }
        share.read += bytes.count
        // A short read has drained the socket, and the next bytes bring an edge; an end that has already been
        // announced brings none.
        if bytes.count < min(limit, EventLoop.scratchSize), !peerEnded { mayRead = false }
        return .bytes(bytes)
    }

    private func hasShareLeft() -> Bool {
        let turn = loop.onLoop { $0.turn }
        if share.turn != turn { share = (turn, 0) }
        return share.read < Self.fairShare
    }

    func waitForBytes(
        deadline: ContinuousClock.Instant?, during operation: String
    ) async throws(EventLoopError) {
        precondition(reader == nil, "a connection has one reader")
        // Bytes may be there, and only the share of this turn used up.
        if mayRead { askForTurnEnd() }
        let wake = await loop.park(until: deadline) { number in
            reader = number
            return descriptor >= 0 && !(mayRead && hasShareLeft())
        }
        reader = nil
        switch wake {
        case .ready: return
        case .deadline: throw EventLoopError(.deadlineExceeded, during: operation, at: peer)
        case .cancelled: throw EventLoopError(.cancelled, during: operation, at: peer)
        }
    }

    private func wakeReader() {
        guard let number = reader else { return }
        reader = nil
        loop.wake(number, .ready)
    }

    // MARK: Writing

    /// Sends `bytes`, after all bytes given before, and returns when fewer than ``highWater`` bytes are unsent.
    ///
    /// - Throws: `EventLoopError` of a connection that is closed or broken, or `cancelled`; bytes that were
    ///   taken are still sent after a cancellation.
    public func write(_ bytes: [UInt8]) async throws(EventLoopError) {
        try enqueue(bytes)
        try await waitUntilUnsent(below: Self.highWater)
    }

    /// Takes `bytes` without waiting: they are sent at the end of the loop's turn, together with what else comes in it.
    ///
    /// Whoever uses this bounds ``unsent`` himself.
    ///
    /// - Throws: `EventLoopError` of a connection that is closed or broken.
    public func enqueue(_ bytes: [UInt8]) throws(EventLoopError) {
        try checkWritable()
        guard !finishing else { throw EventLoopError(.closed, during: "write", at: peer) }
        if let filter {
            do throws(EventLoopError) {
                outbound.append(try filter.encrypt(bytes))
            } catch {
                fail(error)
                throw failure ?? error
            }
        } else {
            outbound.append(bytes)
        }
        if mayWrite { askForTurnEnd() }
    }

    /// Bytes the socket has not taken yet.
    public var unsent: Int { outbound.count }

    /// Returns when fewer than `limit` bytes are unsent.
    ///
    /// - Throws: `EventLoopError` of a connection that is closed or broken, or `cancelled`.
    public func waitUntilUnsent(below limit: Int) async throws(EventLoopError) {
        precondition(limit > 0)
        while outbound.count >= limit {
            try checkWritable()
            let wake = await loop.park(until: nil) { number in
                guard outbound.count >= limit, descriptor >= 0, writeFailure == nil else { return false }
                writers.append((number, limit))
                return true
            }
            if wake == .cancelled { throw EventLoopError(.cancelled, during: "write", at: peer) }
        }
        try checkWritable()
    }

    /// Ends this side after the bytes given so far; reading goes on (shutdown(2), under TLS after close_notify).
    ///
    /// - Throws: `EventLoopError` of a connection that is closed or broken, or `cancelled`.
    public func finishWriting() async throws(EventLoopError) {
        guard !finishing else { return }
        if let filter { outbound.append(filter.closeNotify()) }
        finishing = true
        askForTurnEnd()
        try await waitUntilUnsent(below: 1)
    }

    func flush() {
        guard descriptor >= 0, writeFailure == nil else { return }
        if let filter { outbound.append(filter.takeCiphertext()) }
        let descriptor = descriptor
        var sent = 0
        while mayWrite, !outbound.isEmpty, sent < Self.fairShare {
            var number: CInt = 0
            outbound.takeFront { bytes in
                let count = csystem_send(descriptor, bytes.baseAddress, bytes.count)
                if count < 0 { number = errno }
                sent += max(0, count)
                return max(0, count)
            }
            switch number {
            case 0, EINTR: continue
            case EAGAIN: mayWrite = false
            default:
                failWriting(.system(number, during: "write", at: peer))
                return
            }
        }
        if mayWrite, !outbound.isEmpty { askForTurnEnd() }
        if finishing, outbound.isEmpty { shutdown(descriptor, CInt(SHUT_WR)) }
        wakeWriters()
    }

    private func wakeWriters() {
        guard !writers.isEmpty else { return }
        let ready = writers.filter { outbound.count < $0.below || writeFailure != nil || descriptor < 0 }
        writers.removeAll { outbound.count < $0.below || writeFailure != nil || descriptor < 0 }
        for writer in ready { loop.wake(writer.number, .ready) }
    }

    private func failWriting(_ error: EventLoopError) {
        writeFailure = error
        outbound.removeAll()
        wakeWriters()
    }

    private func checkWritable() throws(EventLoopError) {
        if let error = failure ?? writeFailure { throw error }
        if descriptor < 0 { throw EventLoopError(.closed, during: "write", at: peer) }
    }

    // MARK: Ending

    /// Closes the connection at once; unsent bytes are dropped, and readers and writers throw `closed`.
    ///
    /// A second close is no mistake. Call ``finishWriting()`` first where the bytes matter.
    public func close() {
        guard descriptor >= 0 else { return }
        if let filter, failure == nil {
            if !finishing { outbound.append(filter.closeNotify()) }
            flush()
        }
        release()
    }

    func fail(_ error: EventLoopError) {
        if failure == nil { failure = filter?.explained(error) ?? error }
        release()
    }

    private func release() {
        guard descriptor >= 0 else { return }
        loop.deregister(token)
        Glibc.close(descriptor)
        descriptor = -1
        outbound.removeAll()
        if let connecting { loop.wake(connecting, .ready) }
        wakeReader()
        wakeWriters()
    }

    func askForTurnEnd() {
        guard !turnEndAsked else { return }
        turnEndAsked = true
        loop.callAtTurnEnd(self)
    }
}

extension Connection: EventSource {
    nonisolated func ready(_ readiness: ReadySet.Ready) {
        assumeIsolated { connection in connection.becameReady(readiness) }
    }

    nonisolated func turnEnded() {
        assumeIsolated { connection in
            connection.turnEndAsked = false
            connection.flush()
            if connection.mayRead { connection.wakeReader() }
        }
    }

    nonisolated func loopIsStopping() {
        assumeIsolated { connection in connection.close() }
    }

    private func becameReady(_ readiness: ReadySet.Ready) {
        if readiness.halfClosed { peerEnded = true }
        if readiness.readable {
            mayRead = true
            wakeReader()
        }
        if readiness.writable {
            mayWrite = true
            if let connecting { loop.wake(connecting, .ready) }
            if !outbound.isEmpty { flush() }
        }
    }
}
