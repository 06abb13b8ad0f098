internal import KafkaProtocol

/// One request and its answer at a node.
struct Exchange<Response: Sendable>: Sendable {
    var response: Response
    var version: Int16
    var address: KafkaAddress
}

extension ReadyNode {
    /// Sends `request` in the highest version that both sides know and `limit` allows, and reads the answer.
    ///
    /// Encoding and decoding run where the caller runs, not on the loop.
    func exchange<Request: KafkaRequest>(
        _ request: Request, atMost limit: Int16? = nil, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> Exchange<Request.Response> {
        guard let version = capabilities.version(for: Request.self, atMost: limit) else {
            throw unsupported(Request.self, limit)
        }
        let frame: [UInt8]
        do throws(WireError) {
            frame = try Frame.encode(request, version: version, correlationID: 0, clientID: connection.clientID)
        } catch {
            throw KafkaClientError(
                .invalidRequest, at: address, api: Request.apiKey, reason: error.description, cause: .wire(error))
        }
        let answer = try await connection.send(frame, api: Request.apiKey, deadline: deadline)
        do throws(WireError) {
            let response = try Frame.decodeResponse(
                to: Request.self, version: version, correlationID: answer.correlationID, payload: answer.payload)
            return Exchange(response: response, version: version, address: address)
        } catch {
            throw KafkaClientError(
                .badAnswer, at: address, api: Request.apiKey, reason: error.description, cause: .wire(error),
                wasSent: true)
        }
    }

    private func unsupported<Request: KafkaRequest>(_: Request.Type, _ limit: Int16?) -> KafkaClientError {
        let mine = Request.supportedVersions
        let wanted = "\(mine.lowerBound)…\(min(mine.upperBound, limit ?? mine.upperBound))"
        let offered = capabilities.versions[Request.apiKey].map { "\($0.lowerBound)…\($0.upperBound)" }
        return KafkaClientError(
            .unsupportedVersion, at: address, api: Request.apiKey,
            reason: offered.map { "the node offers versions \($0), and this client knows \(wanted)" }
                ?? "the node does not offer this request")
    }
}
