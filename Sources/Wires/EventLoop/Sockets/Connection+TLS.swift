extension Connection {
    /// Puts TLS between the socket and its users, and returns when the handshake is done.
    ///
    /// Call it before anything is read or written.
    ///
    /// - Parameters:
    ///   - context: the side to play, whom to trust and what to show.
    ///   - serverName: the name or address the server's certificate must carry, nil for the host of ``peer``.
    ///   - deadline: until when the handshake must be done.
    /// - Throws: `EventLoopError`: `certificateRejected`, `clientCertificateRejected`, `tlsFailed`,
    ///   `deadlineExceeded`, `cancelled`, `connectionReset`.
    public func secure(
        with context: TLSContext, serverName: String? = nil, deadline: ContinuousClock.Instant
    ) async throws(EventLoopError) {
        precondition(filter == nil, "TLS is there already")
        let filter = try context.makeFilter(serverName: serverName ?? peer.host, peer: peer)
        self.filter = filter
        while true {
            let finished: Bool
            do throws(EventLoopError) {
                finished = try filter.handshake()
            } catch {
                // The alert that tells the peer why is already in the filter.
                flush()
                fail(error)
                throw error
            }
            flush()
            if finished { return }
            if let failure { throw failure }
            switch try pull(upTo: EventLoop.scratchSize) {
            case .bytes(let bytes): filter.receive(bytes)
            case .nothing: try await waitForBytes(deadline: deadline, during: "TLS handshake")
            case .end:
                throw EventLoopError(
                    .tlsFailed, during: "TLS handshake", at: peer,
                    reason: "the peer closed the connection during the handshake",
                    remedy: "Check that the port speaks TLS, and the peer's log.")
            }
        }
    }

    func readPlain(_ filter: TLSFilter, upTo limit: Int) throws(EventLoopError) -> [UInt8]? {
        do throws(EventLoopError) {
            let plain = try loop.onLoop { state throws(EventLoopError) in
                try filter.decrypt(upTo: limit, through: &state.scratch)
            }
            // Key updates and the like are answered by the filter itself.
            if filter.hasCiphertext { askForTurnEnd() }
            return plain
        } catch {
            flush()
            fail(error)
            throw failure ?? error
        }
    }
}
